#!/bin/sh
# Containers open connections to the resolver and to the proxy, and to nothing else outside.
EXT=eth0
RESOLVER=192.0.2.53
PROXY=192.0.2.80

iptables -F DOCKER-USER
iptables -A DOCKER-USER -o $EXT -d $RESOLVER -p udp --dport 53 -j RETURN
iptables -A DOCKER-USER -o $EXT -d $PROXY -p tcp --dport 3128 -j RETURN
iptables -A DOCKER-USER -o $EXT -j REJECT --reject-with icmp-admin-prohibited
