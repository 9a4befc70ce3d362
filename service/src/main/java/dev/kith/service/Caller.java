package dev.kith.service;

/**
 * Who a command is done for.
 *
 * @param tenant decided by the credential alone
 * @param door the door it came through, as metrics name it
 */
public record Caller(String tenant, String door) {
    /** The tenant of everybody where authentication is off. */
    public static final String TENANT_DEFAULT = "default";
}
