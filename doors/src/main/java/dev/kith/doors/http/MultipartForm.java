package dev.kith.doors.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Promise;

/** Forms with files ({@code multipart/form-data}, RFC 7578) that are in memory already. */
public final class MultipartForm {
    private static final String TYPE = "multipart/form-data";
    /** Parts of a form: twice what any route asks for. */
    private static final int PARTS_MAX = 16;
    /** Bytes of the headers of a part. */
    private static final int PART_HEADER_BYTES_MAX = 4 << 10;

    private MultipartForm() {}

    /** Whether a body of this type is such a form. */
    public static boolean isForm(String contentType) {
        return contentType.toLowerCase(Locale.ROOT).startsWith(TYPE);
    }

    /**
     * The parts by their names; of a name that comes twice the first counts.
     *
     * @throws HttpRefusal where it is no such form
     */
    public static Map<String, byte[]> read(String contentType, byte[] body) {
        String boundary = MultiPart.extractBoundary(contentType);
        if (boundary == null || boundary.isEmpty()) {
            throw new HttpRefusal(400, "The form names no boundary");
        }
        MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary);
        parser.setMaxParts(PARTS_MAX);
        parser.setPartHeadersMaxLength(PART_HEADER_BYTES_MAX);
        parser.setUseFilesForPartsWithoutFileName(false);
        parser.setMaxMemoryFileSize(-1);
        parser.setMaxLength(body.length);
        Read read = new Read();
        parser.parse(Content.Source.from(ByteBuffer.wrap(body)), read);
        if (!read.complete) {
            throw new HttpRefusal(400, "The form is malformed");
        }
        return read.parts;
    }

    /** What is told as soon as the form is parsed: at once, since all of it is there. */
    private static final class Read implements Promise.Invocable<MultiPartFormData.Parts> {
        private final Map<String, byte[]> parts = new HashMap<>();
        private boolean complete;

        @Override
        public void succeeded(MultiPartFormData.Parts form) {
            try (form) {
                for (MultiPart.Part part : form) {
                    ByteBuffer content = Content.Source.asByteBuffer(part.createContentSource());
                    byte[] bytes = new byte[content.remaining()];
                    content.get(bytes);
                    parts.putIfAbsent(part.getName() == null ? "" : part.getName(), bytes);
                }
                complete = true;
            } catch (IOException malformed) {
                failed(malformed);
            }
        }

        @Override
        public void failed(Throwable malformed) {
            complete = false;
        }
    }
}
