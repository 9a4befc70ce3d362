package dev.kith.doors.http;

/** Who may use a route. Every route names one, so that none is open by omission. */
public enum Access {
    /** Everybody, under any host name: what a load balancer asks. */
    OPEN,
    /**
     * Everybody, but without authentication only under a known host name or an address: pages and scripts, which hold
     * no data and must be there before a person can give a key.
     */
    SHELL,
    /** With authentication, whoever has a key; without, whoever asks under a known host name or an address. */
    KEY
}
