package dev.kith.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of addresses.
 *
 * @param prefix leading bits that all its addresses share with this one
 */
public record Cidr(InetAddress address, int prefix) {
    // A literal address, so that reading a configuration never asks a name server.
    private static final Pattern FORM = Pattern.compile("([0-9a-fA-F:]*:[0-9a-fA-F:.]*|[0-9.]{7,15})/(\\d{1,3})");

    /** Reads {@code 10.0.0.0/8} or {@code fd00::/8}. */
    public static Cidr parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("is not an address range such as 10.0.0.0/8");
        }
        int prefix = Integer.parseInt(matcher.group(2));
        InetAddress address;
        try {
            address = InetAddress.getByName(matcher.group(1));
        } catch (UnknownHostException notAnAddress) {
            throw new IllegalArgumentException("is not an address range such as 10.0.0.0/8", notAnAddress);
        }
        int bits = address.getAddress().length * Byte.SIZE;
        if (prefix > bits) {
            throw new IllegalArgumentException("has a prefix outside 0 to " + bits);
        }
        return new Cidr(address, prefix);
    }

    /** Whether an address is in this range; one of the other family never is. */
    public boolean contains(InetAddress other) {
        byte[] ours = address.getAddress();
        byte[] theirs = other.getAddress();
        if (ours.length != theirs.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit += Byte.SIZE) {
            int at = bit / Byte.SIZE;
            int mask = prefix - bit >= Byte.SIZE ? 0xFF : 0xFF << (Byte.SIZE - (prefix - bit));
            if (((ours[at] ^ theirs[at]) & mask & 0xFF) != 0) {
                return false;
            }
        }
        return true;
    }
}
