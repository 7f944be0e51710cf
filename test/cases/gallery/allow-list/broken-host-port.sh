#!/bin/sh
# Only the office may use the published port 8080.
EXT=eth0
OFFICE=192.0.2.0/24

iptables -I DOCKER-USER -i $EXT ! -s $OFFICE -p tcp --dport 8080 -j DROP
