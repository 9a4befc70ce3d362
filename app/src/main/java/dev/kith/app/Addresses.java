package dev.kith.app;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Addresses from texts. */
final class Addresses {
    private Addresses() {}

    /** A host name, looked up, or an address; {@code *} means every address of this machine. */
    static InetAddress parse(String text) {
        try {
            return InetAddress.getByName(text.equals("*") ? "0.0.0.0" : text);
        } catch (UnknownHostException unknown) {
            throw new IllegalArgumentException("is not an address of this machine", unknown);
        }
    }

    /** An address that is known to be well-formed. */
    static InetAddress literal(String text) {
        return InetAddress.ofLiteral(text);
    }
}
