package dev.kith.doors.grpc;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Private keys in PEM. The JDK reads PKCS #8 only. OpenSSL also writes RSA keys as PKCS #1 (RFC 8017, A.1.2) and keys
 * of elliptic curves as in RFC 5915, which is the same content without its envelope; so that is put around it.
 */
final class PemKey {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] VERSION = HEX.parseHex("020100");
    /** Object identifier 1.2.840.113549.1.1.1, and no parameters. */
    private static final byte[] RSA = HEX.parseHex("06092a864886f70d0101010500");
    /** Object identifier 1.2.840.10045.2.1. */
    private static final byte[] ELLIPTIC = HEX.parseHex("06072a8648ce3d0201");
    /** P-256, P-384 and P-521, which RFC 5915 names inside the key. */
    private static final List<byte[]> CURVES = List.of(
            HEX.parseHex("06082a8648ce3d030107"), HEX.parseHex("06052b81040022"), HEX.parseHex("06052b81040023"));

    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 0x04;
    private static final int SHORT_LENGTH_MAX = 127;
    private static final int LONG_LENGTH_OF_TWO = 0x82;

    private PemKey() {}

    /** @param origin named where the text has no key that can be used */
    static PrivateKey parse(String pem, Path origin) {
        Matcher block = BLOCK.matcher(pem);
        if (!block.find()) {
            throw new IllegalArgumentException("%s has no private key that is not encrypted".formatted(origin));
        }
        try {
            byte[] content = Base64.getMimeDecoder().decode(block.group(2));
            byte[] enveloped = switch (block.group(1)) {
                case "RSA PRIVATE KEY" -> envelope(RSA, content);
                case "EC PRIVATE KEY" -> envelope(join(ELLIPTIC, curveOf(content)), content);
                default -> content;
            };
            return decode(enveloped);
        } catch (GeneralSecurityException | IllegalArgumentException malformed) {
            throw new IllegalArgumentException(
                    "%s has no RSA or ECDSA key that can be used".formatted(origin), malformed);
        }
    }

    private static PrivateKey decode(byte[] pkcs8) throws GeneralSecurityException {
        boolean elliptic = indexOf(pkcs8, ELLIPTIC) >= 0;
        return KeyFactory.getInstance(elliptic ? "EC" : "RSA").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    private static byte[] envelope(byte[] algorithm, byte[] key) {
        return element(SEQUENCE, join(VERSION, element(SEQUENCE, algorithm), element(OCTETS, key)));
    }

    private static byte[] curveOf(byte[] key) {
        return CURVES.stream()
                .filter(curve -> indexOf(key, curve) >= 0)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("another curve than P-256, P-384 and P-521"));
    }

    private static int indexOf(byte[] bytes, byte[] part) {
        String text = HEX.formatHex(bytes);
        int at = text.indexOf(HEX.formatHex(part));
        while (at >= 0 && at % 2 != 0) {
            at = text.indexOf(HEX.formatHex(part), at + 1);
        }
        return at;
    }

    private static byte[] element(int tag, byte[] content) {
        int length = content.length;
        byte[] head = length <= SHORT_LENGTH_MAX
                ? new byte[] {(byte) tag, (byte) length}
                : new byte[] {(byte) tag, (byte) LONG_LENGTH_OF_TWO, (byte) (length >> 8), (byte) length};
        return join(head, content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
