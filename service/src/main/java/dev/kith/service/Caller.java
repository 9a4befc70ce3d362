package dev.kith.service;

import java.util.function.BooleanSupplier;

/**
 * Who a command is done for.
 *
 * @param tenant decided by the credential alone
 * @param door the door it came through, as metrics name it
 * @param wanted whether anybody still waits for the answer: the call was not cancelled, and its time is not over
 */
public record Caller(String tenant, String door, BooleanSupplier wanted) {
    /** The tenant of everybody where authentication is off. */
    public static final String TENANT_DEFAULT = "default";

    /** One who waits for as long as it takes. */
    public Caller(String tenant, String door) {
        this(tenant, door, () -> true);
    }
}
