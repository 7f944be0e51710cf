iptables -X DOCKER-USER
