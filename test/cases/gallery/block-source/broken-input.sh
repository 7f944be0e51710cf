#!/bin/sh
# Nothing from this network comes to the containers.
iptables -I INPUT -i eth0 -s 198.51.100.0/24 -m conntrack --ctstate NEW -j DROP
