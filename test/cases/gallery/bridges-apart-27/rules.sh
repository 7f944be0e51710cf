#!/bin/sh
# The application on br-app reaches the database on docker0, and its answers come back; otherwise the bridges stay apart.
iptables -I DOCKER-USER -i br-app -o docker0 -d 172.17.0.3 -p tcp --dport 5432 -j ACCEPT
iptables -I DOCKER-USER -i docker0 -o br-app -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
