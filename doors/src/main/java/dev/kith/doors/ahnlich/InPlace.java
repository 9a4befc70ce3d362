package dev.kith.doors.ahnlich;

import com.google.protobuf.Message;
import dev.kith.doors.grpc.Call;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.shared.info.ErrorResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Replies of a pipeline, and refusals in the place of those that cannot be given. What does not fit is refused so as
 * well, and not the whole call: queries before it may have changed something, and that must be told. Belongs to the
 * call's thread.
 *
 * @param <R> the reply to one query
 * @param refusal as a reply
 */
record InPlace<R extends Message>(Call call, Function<ErrorResponse, R> refusal) {
    /** What a query and a small reply may take before it is looked at; the original asks for as much. */
    static final long QUERY_BYTES = 1_024;

    /** Room for so many queries, before the first is done. */
    static void open(Call call, int queries) {
        call.take(QUERY_BYTES * queries);
    }

    /** Does a query. */
    R reply(Supplier<R> query) {
        long before = call.held();
        try {
            R reply = query.get();
            call.take(reply.getSerializedSize() - QUERY_BYTES);
            return reply;
        } catch (Rejection refused) {
            return refused(Refusals.error(refused), before);
        } catch (StatusRuntimeException refused) {
            call.requireWanted();
            Status status = refused.getStatus();
            ErrorResponse error = ErrorResponse.newBuilder()
                    .setMessage(String.valueOf(status.getDescription()))
                    .setCode(status.getCode().value())
                    .build();
            return refused(error, before);
        }
    }

    /** Whatever the query took is not needed any more. */
    private R refused(ErrorResponse error, long before) {
        call.giveBack(call.held() - before);
        R whole = refusal.apply(error);
        try {
            call.take(whole.getSerializedSize() - QUERY_BYTES);
            return whole;
        } catch (Rejection noRoom) {
            return refusal.apply(
                    ErrorResponse.newBuilder().setCode(error.getCode()).build());
        }
    }
}
