#!/bin/sh
# ufw does not see published ports: they are forwarded. What comes from outside is asked of `ufw route allow` first.
EXT=ens3

iptables -F DOCKER-USER
iptables -A DOCKER-USER -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
iptables -A DOCKER-USER -i $EXT -j ufw-user-forward
iptables -A DOCKER-USER -i $EXT -j DROP

# ufw route allow proto tcp from 192.0.2.0/24 to any port 80
iptables -A ufw-user-forward -s 192.0.2.0/24 -p tcp --dport 80 -j ACCEPT
