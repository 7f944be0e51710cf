iptables -N office
iptables -A DOCKER-USER -j office
iptables -A office -j DOCKER-USER
