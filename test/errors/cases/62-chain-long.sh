iptables -N office-network-to-containers-v4
