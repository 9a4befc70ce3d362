package dev.kith.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "http://a.example http://a.example /",
                "HTTPS://A.Example:443/X https://a.example /X",
                "https://a.example:8443/x?y=1#z https://a.example:8443 /x?y=1",
                "http://a.example?q http://a.example /?q",
                "http://a.example. http://a.example /",
                "http://a_b.example/ http://a_b.example /",
                "http://127.0.0.1:80/ http://127.0.0.1 /",
                "http://[::1]:8080/ http://[::1]:8080 /",
                "http://[::ffff:10.0.0.1]/ http://[::ffff:10.0.0.1] /",
                "http://bücher.example/ü%20%zz\" http://xn--bcher-kva.example /%C3%BC%20%25zz%22",
                "http://user:pass@a.example/p http://a.example /p",
                "http://a.example/a@b:c http://a.example /a@b:c",
            })
    void parse_plainAddresses_haveOneReading(String text, String origin, String target) {
        Address address = Address.parse(text);
        assertThat(address.toString()).isEqualTo(origin);
        assertThat(address.target()).isEqualTo(target);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a.example",
                "ftp://a.example/",
                "file:///etc/passwd",
                "gopher://a.example/",
                "http:a.example",
                "http:///x",
                "http://",
                "http://@/",
                "http://a\\@b.example/",
                "http://a.example\\.b.example/",
                "http://a.example/\\b",
                "http://a@b@c.example/",
                "http://a.example:80:81/",
                "http://a.example:0/",
                "http://a.example:65536/",
                "http://a.example:/",
                "http://a b.example/",
                "http://a.example/\r\nHost: b.example",
                "http://a.example/\u0000",
                "http://a.example\t/",
                "http://2130706433/",
                "http://0x7f000001/",
                "http://0x7f.1/",
                "http://0177.0.0.1/",
                "http://127.1/",
                "http://127.0.0.01/",
                "http://1.2.3.4.5/",
                "http://256.0.0.1/",
                "http://127.0.0.1.0x/",
                "http://%31%32%37.0.0.1/",
                "http://[::1/",
                "http://[::1%25lo]/",
                "http://[127.0.0.1]/",
                "http://[v1.x]/",
                "http://-a.example/",
                "http://a..example/",
                "http://<script>/",
            })
    void parse_whatOthersReadDifferently_isRefused(String text) {
        assertThatThrownBy(() -> Address.parse(text))
                .isInstanceOf(FetchException.class)
                .hasMessage("The URL cannot be fetched: it is not a plain http or https address");
    }

    @Test
    void parse_digitsOfOtherScripts_areTheAddressThatTheyBecome() {
        Address address = Address.parse("http://１２７。0。0。1/");
        assertThat(address.host()).isEqualTo("127.0.0.1");
        assertThat(address.literal()).isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "https://b.example/z https://b.example /z",
                "//b.example/z http://b.example /z",
                "/z http://a.example:81 /z",
                "z http://a.example:81 /x/z",
                "../z?w=/../v http://a.example:81 /z?w=/../v",
                "../../../z http://a.example:81 /z",
                "./ http://a.example:81 /x/",
                ".. http://a.example:81 /",
                "?w http://a.example:81 /x/y?w",
                "#w http://a.example:81 /x/y?q",
                "/a%2Fb http://a.example:81 /a%2Fb",
            })
    void resolve_references_leadWhereTheStandardSays(String location, String origin, String target) {
        Address next = Address.parse("http://u:p@a.example:81/x/y?q").resolve(location);
        assertThat(next.toString()).isEqualTo(origin);
        assertThat(next.target()).isEqualTo(target);
        assertThat(next.userInfo()).isEqualTo(origin.contains("a.example") ? "u:p" : "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:///etc/passwd", "gopher://x.example/", "//a\\@b", "javascript:x", "/a\nb"})
    void resolve_otherPlaces_areRefused(String location) {
        assertThatThrownBy(() -> Address.parse("http://a.example/").resolve(location))
                .isInstanceOf(FetchException.class);
    }
}
