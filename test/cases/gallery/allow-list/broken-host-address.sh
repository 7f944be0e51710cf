#!/bin/sh
# Only the office may use the published port 8080.
EXT=eth0
OFFICE=192.0.2.0/24

iptables -I DOCKER-USER -i $EXT ! -s $OFFICE -d 203.0.113.9 -j DROP
