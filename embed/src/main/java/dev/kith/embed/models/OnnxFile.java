package dev.kith.embed.models;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which other files an ONNX file names: a tensor may keep its numbers elsewhere, under a {@code location} relative to
 * the file, and a location that leads out of the folder would have the runtime read any file of the machine.
 *
 * <p>ONNX is protobuf (onnx.proto of the ONNX project). The messages in which tensors can be are walked by their field
 * numbers; all else, and the numbers themselves, is skipped. Cost: the headers of the fields. Used by one thread.
 */
final class OnnxFile {
    /** Messages in messages: graphs within the attributes of nodes, a few levels of them. */
    private static final int DEPTH_MAX = 64;
    /** Longest location that is read: the name of a file. */
    private static final int TEXT_BYTES_MAX = 4_096;

    private static final int WINDOW_BYTES = 1 << 16;
    private static final String LOCATION = "location";

    /** What the walk knows, by the names of onnx.proto. */
    private enum Message {
        MODEL,
        TRAINING,
        FUNCTION,
        GRAPH,
        NODE,
        ATTRIBUTE,
        SPARSE_TENSOR,
        TENSOR,
        EXTERNAL_DATA;

        private static final Map<Message, Map<Integer, Message>> FIELDS = new EnumMap<>(Map.of(
                MODEL, Map.of(7, GRAPH, 20, TRAINING, 25, FUNCTION),
                TRAINING, Map.of(1, GRAPH, 2, GRAPH),
                FUNCTION, Map.of(7, NODE, 11, ATTRIBUTE),
                GRAPH, Map.of(1, NODE, 5, TENSOR, 15, SPARSE_TENSOR),
                NODE, Map.of(5, ATTRIBUTE),
                ATTRIBUTE, Map.of(5, TENSOR, 6, GRAPH, 10, TENSOR, 11, GRAPH, 22, SPARSE_TENSOR, 23, SPARSE_TENSOR),
                SPARSE_TENSOR, Map.of(1, TENSOR, 2, TENSOR),
                TENSOR, Map.of(13, EXTERNAL_DATA)));

        Map<Integer, Message> fields() {
            return FIELDS.getOrDefault(this, Map.of());
        }
    }

    private final FileChannel channel;
    private final Set<String> locations = new TreeSet<>();
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
    private long windowStart;

    private OnnxFile(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * The locations that its tensors name.
     *
     * @throws InstallException where the file is no ONNX file
     */
    static Set<String> externalData(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            OnnxFile file = new OnnxFile(channel);
            file.walk(Message.MODEL, new Span(0, channel.size()), 0);
            return file.locations;
        } catch (IllegalArgumentException malformed) {
            throw new InstallException("%s: is no ONNX file: %s".formatted(path, malformed.getMessage()));
        }
    }

    private record Span(long from, long to) {}

    private void walk(Message message, Span span, int depth) throws IOException {
        if (depth > DEPTH_MAX) {
            throw new IllegalArgumentException("messages more than %d deep".formatted(DEPTH_MAX));
        }
        Map<Integer, String> texts = new HashMap<>();
        long[] at = {span.from()};
        while (at[0] < span.to()) {
            long tag = varint(at, span.to());
            int field = (int) (tag >>> 3);
            long end = switch ((int) (tag & 7)) {
                case 0 -> {
                    varint(at, span.to());
                    yield at[0];
                }
                case 1 -> at[0] + Long.BYTES;
                case 2 -> {
                    long length = varint(at, span.to());
                    yield length < 0 ? Long.MAX_VALUE : at[0] + Math.min(length, Long.MAX_VALUE - at[0]);
                }
                case 5 -> at[0] + Integer.BYTES;
                default -> throw new IllegalArgumentException("an unknown type of field");
            };
            if (end > span.to()) {
                throw new IllegalArgumentException("a field that is longer than what holds it");
            }
            Message inner = message.fields().get(field);
            if (inner != null && (tag & 7) == 2) {
                walk(inner, new Span(at[0], end), depth + 1);
            } else if (message == Message.EXTERNAL_DATA && (tag & 7) == 2) {
                texts.put(field, text(new Span(at[0], end)));
            }
            at[0] = end;
        }
        if (LOCATION.equals(texts.get(1))) {
            locations.add(texts.getOrDefault(2, ""));
        }
    }

    private String text(Span span) throws IOException {
        if (span.to() - span.from() > TEXT_BYTES_MAX) {
            throw new IllegalArgumentException("a location of more than %d bytes".formatted(TEXT_BYTES_MAX));
        }
        byte[] bytes = new byte[(int) (span.to() - span.from())];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = at(span.from() + i);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Reads a number of up to ten bytes and moves on. */
    private long varint(long[] at, long end) throws IOException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (at[0] >= end) {
                throw new IllegalArgumentException("a number that is cut off");
            }
            byte next = at(at[0]++);
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number of more than ten bytes");
    }

    private byte at(long position) throws IOException {
        if (position < windowStart || position >= windowStart + window.limit()) {
            windowStart = position;
            window.clear();
            if (channel.read(window, position) <= 0) {
                throw new IllegalArgumentException("the file ends early");
            }
            window.flip();
        }
        return window.get((int) (position - windowStart));
    }
}
