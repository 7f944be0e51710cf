iptables -I DOCKER-USR -s 10.0.0.0/8 -j DROP
