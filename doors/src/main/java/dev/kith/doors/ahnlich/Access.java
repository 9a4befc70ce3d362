package dev.kith.doors.ahnlich;

import dev.kith.doors.grpc.Dialect;
import dev.kith.service.Caller;
import dev.kith.service.Keys;
import dev.kith.vectors.Rejection;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Finds out whose call it is: {@code Bearer user:key} of the original's users, or {@code Bearer key} with a key of
 * Kith's own, which says the tenant. Without users and keys everybody may come in. Safe on any thread.
 */
final class Access implements Dialect {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String SCHEME = "Bearer";

    private final Optional<Users> users;
    private final Optional<Keys> keys;

    Access(Optional<Users> users, Optional<Keys> keys) {
        this.users = users;
        this.keys = keys;
    }

    @Override
    public boolean isOpen() {
        return users.isEmpty() && keys.isEmpty();
    }

    @Override
    public String tenantOf(Metadata headers) {
        if (isOpen()) {
            return Caller.TENANT_DEFAULT;
        }
        String header = headers.get(AUTHORIZATION);
        if (header == null) {
            throw refusal(Status.UNAUTHENTICATED, "Missing authorization header");
        }
        if (!header.chars().allMatch(unit -> unit >= ' ' && unit <= '~')) {
            throw refusal(Status.INVALID_ARGUMENT, "Authorization header contains invalid characters");
        }
        List<String> parts = List.of(header.strip().split(" +", -1));
        if (parts.size() != 2 || !parts.getFirst().equals(SCHEME)) {
            throw malformed();
        }
        return tenantOf(parts.getLast());
    }

    private String tenantOf(String credential) {
        Optional<String> tenant = keys.flatMap(known -> known.tenantOf(credential.getBytes(StandardCharsets.UTF_8)));
        return tenant.orElseGet(() -> tenantOfUser(credential));
    }

    private String tenantOfUser(String credential) {
        int colon = credential.indexOf(':');
        boolean oneColon = colon >= 0 && colon == credential.lastIndexOf(':');
        if (users.isEmpty() || (keys.isPresent() && colon < 0)) {
            throw refusal(Status.UNAUTHENTICATED, "Invalid credentials");
        }
        if (!oneColon) {
            throw malformed();
        }
        Users known = users.get();
        String key = credential.substring(colon + 1);
        if (key.length() < known.keyLengthMin()) {
            throw refusal(
                    Status.INVALID_ARGUMENT, "API key too short, minimum length: %d".formatted(known.keyLengthMin()));
        }
        if (!known.knows(credential.substring(0, colon), key)) {
            throw refusal(Status.UNAUTHENTICATED, "Invalid credentials");
        }
        return Caller.TENANT_DEFAULT;
    }

    private static StatusRuntimeException malformed() {
        return refusal(Status.INVALID_ARGUMENT, "Invalid authorization format, expected 'Bearer username:api_key'");
    }

    private static StatusRuntimeException refusal(Status status, String text) {
        return status.withDescription(text).asRuntimeException();
    }

    @Override
    public Status statusOf(Rejection refused) {
        return Refusals.codeOf(refused.code()).toStatus().withDescription(refused.text());
    }
}
