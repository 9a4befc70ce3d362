package dev.kith.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Asks for the addresses of a host name. May block for as long as the machine's resolver does. */
interface Lookup {
    List<InetAddress> addresses(String name) throws UnknownHostException;

    /** The machine's own resolver. */
    static List<InetAddress> system(String name) throws UnknownHostException {
        return List.of(InetAddress.getAllByName(name));
    }
}
