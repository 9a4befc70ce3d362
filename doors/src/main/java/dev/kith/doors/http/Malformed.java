package dev.kith.doors.http;

import java.nio.ByteBuffer;
import java.util.Locale;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What is answered to requests that the parser refuses: the status and its usual words, nothing of what was sent. */
final class Malformed extends ErrorHandler {
    private final ErrorForm errors;

    Malformed(ErrorForm errors) {
        this.errors = errors;
    }

    @Override
    public boolean errorPageForMethod(String method) {
        return true;
    }

    @Override
    protected void generateResponse(
            Request request, Response response, int code, String message, Throwable cause, Callback callback) {
        Answer answer = answer(code);
        answer.headers().forEach(response.getHeaders()::put);
        response.write(true, ByteBuffer.wrap(bytes(answer)), callback);
    }

    private Answer answer(int status) {
        String words = HttpStatus.getMessage(status);
        return errors.answer(status, words.charAt(0) + words.substring(1).toLowerCase(Locale.ROOT));
    }

    private static byte[] bytes(Answer answer) {
        return switch (answer.content()) {
            case Answer.Content.Whole(byte[] bytes) -> bytes;
            case Answer.Content.Stream _ -> throw new IllegalStateException("An error is never streamed");
        };
    }
}
