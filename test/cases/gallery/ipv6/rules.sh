#!/bin/sh
# Only the office may use the published port 8080, over IPv4 and over IPv6.
EXT=eth0

iptables -I DOCKER-USER -i $EXT ! -s 192.0.2.0/24 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP
ip6tables -I DOCKER-USER -i $EXT ! -s 2001:db8:2::/48 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP
