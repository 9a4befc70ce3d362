package dev.kith.doors.ahnlich;

import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.shared.info.ErrorResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Refusals in the original's words, which its clients and their tests compare whole, and the code of each. */
final class Refusals {
    private Refusals() {}

    static Rejection noStore(String name) {
        return new Rejection(Rejection.Code.NOT_FOUND, store(name) + " not found");
    }

    static Rejection storeExists(String name) {
        return new Rejection(Rejection.Code.ALREADY_EXISTS, store(name) + " already exists");
    }

    private static String store(String name) {
        // A message goes out in the headers, which clients take only so much of.
        String shown = name.length() <= Limits.NAME_CHARS_MAX ? name : name.substring(0, Limits.NAME_CHARS_MAX) + "...";
        return "Store StoreName { value: %s }".formatted(RustText.quoted(shown));
    }

    static Rejection dimension(int expected, int given) {
        return Rejection.invalid(
                "Store dimension is [%d], input dimension of [%d] was specified".formatted(expected, given));
    }

    static Rejection noPredicate(String name) {
        return new Rejection(
                Rejection.Code.NOT_FOUND,
                "Predicate %s not found in store, attempt CREATEPREDINDEX with predicate".formatted(name));
    }

    /** @param algorithm as the original spells it here: {@code KdTree} or {@code Hnsw} */
    static Rejection noAlgorithm(String algorithm) {
        return new Rejection(
                Rejection.Code.NOT_FOUND,
                "Non linear algorithm %s not found in store, create store with support".formatted(algorithm));
    }

    static Rejection matched(long entries) {
        return Rejection.invalid(
                "Predicate condition found %d entries, expected exactly 1 for UPSERT".formatted(entries));
    }

    /** A model that this server does not have, or that {@code --supported-models} leaves out. */
    static Rejection modelNotLoaded() {
        return new Rejection(
                Rejection.Code.INTERNAL, "index_model or query_model not selected or loaded during aiproxy startup");
    }

    /** More than a model takes, which is not to be cut: no kind of refusal below the wire is said with this code. */
    static StatusRuntimeException outOfRange(String text) {
        return Status.OUT_OF_RANGE.withDescription(text).asRuntimeException();
    }

    /** The memory that a write needs cannot be had: the original's words, then what is meant. */
    static Rejection noMemory(Rejection refused) {
        return new Rejection(Rejection.Code.EXHAUSTED, "allocation error CapacityOverflow: " + refused.text());
    }

    /** A refusal in place of a reply. */
    static ErrorResponse error(Rejection refused) {
        return ErrorResponse.newBuilder()
                .setMessage(refused.text())
                .setCode(codeOf(refused.code()).value())
                .build();
    }

    /** How the wire says each kind of refusal. */
    static Status.Code codeOf(Rejection.Code code) {
        return switch (code) {
            case INVALID -> Status.Code.INVALID_ARGUMENT;
            case NOT_FOUND -> Status.Code.NOT_FOUND;
            case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
            case CONFLICT -> Status.Code.FAILED_PRECONDITION;
            case UNAUTHENTICATED -> Status.Code.UNAUTHENTICATED;
            case EXHAUSTED -> Status.Code.RESOURCE_EXHAUSTED;
            case INTERNAL -> Status.Code.INTERNAL;
            case UNAVAILABLE -> Status.Code.UNAVAILABLE;
        };
    }
}
