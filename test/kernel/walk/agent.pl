#!/usr/bin/perl
# A hand inside a network namespace: one command a line; what it answers ends with a line `ok` or `error WHY`.
#
#   open DEVICE                       listen to a device, and be able to send by it
#   frame DEVICE HEX                  send a frame
#   raw 4|6 MARK HEX                  send an IP packet of this host, header and all
#   udp 4|6 UID MARK TOS TTL SOURCE PORT DESTINATION PORT HEX   send a datagram from a socket
#   serve 4|6 udp|tcp PORT            a socket that takes what comes and says nothing
#   take                              `frame DEVICE HEX` for each frame that came in by the open devices
#   forget                            conntrack forgets every connection
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton inet_ntop);

# include/uapi/linux/if_packet.h, asm-generic/socket.h, in6.h, ioctl.h
use constant { AF_PACKET => 17, ETH_P_ALL => 3, SOL_PACKET => 263, IGNORE_OUTGOING => 23, SO_MARK => 36, SIOCGIFINDEX => 0x8933,
  DONTWAIT => 0x40, IPV6_HOPS => 16, IPV6_TCLASS => 67, FREEBIND => 15, IPV6_FREEBIND => 78, AF_NETLINK => 16 };

$| = 1;
# as its only further group
$) = '0 33';
my (%device, @served, %raw);

sub native { unpack 'S', pack 'n', shift }
sub index_of {
  my $request = pack 'a16 i x20', shift, 0;
  ioctl $_[0], SIOCGIFINDEX, $request or die "no such device: $!\n";
  return (unpack 'a16 i', $request)[1];
}
sub family { shift eq '6' ? AF_INET6 : AF_INET }
sub address {
  my ($six, $text, $port) = @_;
  my $family = family $six;
  my $packed = inet_pton $family, $text;
  return $six eq '6' ? Socket::pack_sockaddr_in6($port, $packed) : pack_sockaddr_in($port, $packed);
}
sub number { setsockopt $_[0], $_[1], $_[2], pack 'i', $_[3] or die "setsockopt: $!\n" }

my %do = (
  open => sub {
    my ($name) = @_;
    socket my $socket, AF_PACKET, SOCK_RAW, native ETH_P_ALL or die "socket: $!\n";
    my $index = index_of $name, $socket;
    bind $socket, pack 'S n i S C C a8', AF_PACKET, ETH_P_ALL, $index, 0, 0, 0, '' or die "bind: $!\n";
    number $socket, SOL_PACKET, IGNORE_OUTGOING, 1;
    $device{$name} = $socket;
  },
  frame => sub {
    my ($name, $hex) = @_;
    defined send $device{$name}, pack('H*', $hex), 0 or die "send: $!\n";
  },
  raw => sub {
    my ($six, $mark, $hex) = @_;
    my $packet = pack 'H*', $hex;
    if (!$raw{$six}) {
      socket $raw{$six}, family($six), SOCK_RAW, 255 or die "socket: $!\n";
    }
    number $raw{$six}, SOL_SOCKET, SO_MARK, $mark;
    my $address = $six eq '6' ? substr($packet, 24, 16) : substr($packet, 16, 4);
    my $to = $six eq '6' ? Socket::pack_sockaddr_in6(0, $address) : pack_sockaddr_in(0, $address);
    defined send $raw{$six}, $packet, 0, $to or die "send: $!\n";
  },
  udp => sub {
    my ($six, $uid, $mark, $tos, $ttl, $from, $port, $to, $to_port, $hex) = @_;
    local $> = $uid;
    socket my $socket, family($six), SOCK_DGRAM, 0 or die "socket: $!\n";
    $> = 0;
    number $socket, SOL_SOCKET, SO_REUSEADDR, 1;
    number $socket, SOL_SOCKET, SO_MARK, $mark;
    number $socket, $six eq '6' ? (41, IPV6_TCLASS) : (0, 1), $tos;
    number $socket, $six eq '6' ? (41, IPV6_HOPS) : (0, 2), $ttl;
    bind $socket, address($six, $from, $port) or die "bind: $!\n";
    defined send $socket, pack('H*', $hex), 0, address($six, $to, $to_port) or die "send: $!\n";
  },
  serve => sub {
    my ($six, $protocol, $port) = @_;
    socket my $socket, family($six), ($protocol eq 'tcp' ? SOCK_STREAM : SOCK_DGRAM), 0 or die "socket: $!\n";
    number $socket, SOL_SOCKET, SO_REUSEADDR, 1;
    number $socket, 41, 26, 1 if $six eq '6';
    bind $socket, address($six, $six eq '6' ? '::' : '0.0.0.0', $port) or die "bind: $!\n";
    listen $socket, 512 if $protocol eq 'tcp';
    push @served, $socket;
  },
  take => sub {
    for my $name (sort keys %device) {
      while (defined recv $device{$name}, my $frame, 65536, DONTWAIT) { print "frame $name ", unpack('H*', $frame), "\n" }
    }
    for my $socket (@served) {
      while (defined recv $socket, my $datagram, 65536, DONTWAIT) { }
    }
  },
  forget => sub {
    # NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST | NLM_F_ACK, no attributes: everything
    socket my $socket, AF_NETLINK, SOCK_RAW, 12 or die "socket: $!\n";
    defined send $socket, pack('L S S L L C C n', 20, 0x0102, 5, 1, 0, 0, 0, 0), 0 or die "send: $!\n";
    recv $socket, my $answer, 4096, 0;
    my $error = unpack 'x16 l', $answer;
    die "conntrack: $error\n" if $error != 0;
  },
);

while (my $line = <STDIN>) {
  my ($command, @words) = split ' ', $line;
  eval { ($do{$command} || die "no such command\n")->(@words); 1 } and print "ok\n" or print "error $@";
}
