package dev.kith.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "10.1.2.3",
                "100.64.0.1",
                "100.100.100.200",
                "127.0.0.1",
                "127.255.255.255",
                "168.63.129.16",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.192",
                "192.168.1.1",
                "198.19.0.1",
                "224.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::127.0.0.1",
                "64:ff9b::a00:1",
                "64:ff9b:1::1",
                "100::1",
                "2001::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "3fff::1",
                "fc00::1",
                "fd00:ec2::254",
                "fe80::1",
                "fec0::1",
                "ff02::1",
            })
    void allows_specialAddresses_areRefused(String address) {
        assertThat(new Destinations(List.of()).allows(InetAddress.ofLiteral(address)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.1.1.1", "172.32.0.1", "100.128.0.1", "93.184.216.34", "2606:4700::1", "2a00::1"})
    void allows_publicAddresses_arePermitted(String address) {
        assertThat(new Destinations(List.of()).allows(InetAddress.ofLiteral(address)))
                .isTrue();
    }

    @Test
    void allows_rangesOfTheConfiguration_addToThePublicOnes() {
        Destinations destinations = new Destinations(List.of(Cidr.parse("10.1.0.0/17"), Cidr.parse("fd00::/8")));
        assertThat(destinations.allows(InetAddress.ofLiteral("10.1.127.255"))).isTrue();
        assertThat(destinations.allows(InetAddress.ofLiteral("::ffff:10.1.0.1")))
                .isTrue();
        assertThat(destinations.allows(InetAddress.ofLiteral("10.1.128.0"))).isFalse();
        assertThat(destinations.allows(InetAddress.ofLiteral("fdab::1"))).isTrue();
        assertThat(destinations.allows(InetAddress.ofLiteral("fc00::1"))).isFalse();
        assertThat(destinations.allows(InetAddress.ofLiteral("1.1.1.1"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0", "10.0.0.0/33", "::/129", "a.example/8", "10.0.0.0/-1", ""})
    void parse_whatIsNoRange_isRefused(String text) {
        assertThatThrownBy(() -> Cidr.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
