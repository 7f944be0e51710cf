iptables-restore --noflush < /etc/iptables/rules.v4
