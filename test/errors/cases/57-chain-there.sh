iptables -N DOCKER-USER
