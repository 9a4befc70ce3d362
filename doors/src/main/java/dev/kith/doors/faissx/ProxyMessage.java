package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A message of faiss-proxy's framed dialect: preamble, header, vector data, metadata, one behind the other.
 *
 * <p>Two decoders are in the world. One reads the preamble as one msgpack value; the other takes everything up to the
 * first byte 0xC0, which no encoder of that project writes. Replies suit both: the preamble ends with a nil, and no
 * byte before that is 0xC0, for which header and metadata are lengthened where a size would contain it.
 *
 * @param body the whole message
 * @param vectorStart where float32 numbers begin, little-endian
 * @param metadataStart where the metadata begins; the message's end where there is none
 */
record ProxyMessage(FieldReader header, byte[] body, int vectorStart, int metadataStart) {
    static final String HEADER_SIZE = "header_size";
    private static final String VECTOR_SIZE = "vector_size";
    private static final String METADATA_SIZE = "metadata_size";
    private static final String FILLER = "filler";
    private static final int NIL = 0xC0;
    /** Bytes of a field {@link #FILLER}'s name and of its text's longest head. */
    private static final int FILLER_HEADS = 7 + 5;

    /** @param preamble the message's first value */
    static ProxyMessage read(TopLevel preamble, byte[] body, Allowance allowance) {
        FieldReader sizes = new FieldReader(preamble, Allowance.SMALL);
        int header = sizes.integer(HEADER_SIZE, 1, body.length);
        int vectors = sizes.integerOr(VECTOR_SIZE, 0, 0, body.length);
        int metadata = sizes.integerOr(METADATA_SIZE, 0, 0, body.length);
        long total = (long) preamble.end() + header + vectors + metadata;
        if (total != body.length) {
            throw Rejection.invalid("The sizes add up to %d bytes, the message has %d".formatted(total, body.length));
        }
        int start = preamble.end();
        int vectorStart = start + header;
        MsgpackReader reader = new MsgpackReader(body, start, vectorStart);
        TopLevel fields = TopLevel.read(reader);
        if (fields.end() != vectorStart) {
            throw Rejection.invalid("The header is shorter than header_size");
        }
        return new ProxyMessage(new FieldReader(fields, allowance), body, vectorStart, vectorStart + vectors);
    }

    /** The metadata part; empty where it is absent or nil. */
    Optional<Value> metadata() {
        MsgpackReader reader = new MsgpackReader(body, metadataStart, body.length);
        if (reader.remaining() == 0) {
            return Optional.empty();
        }
        // Checks depth and lengths before the values are made.
        new MsgpackSkipper(reader).skip(0);
        if (reader.remaining() > 0) {
            throw Rejection.invalid("The metadata is shorter than metadata_size");
        }
        reader.seek(metadataStart);
        return reader.peek() == Kind.NIL
                ? Optional.empty()
                : Optional.of(new ValueReader(reader, header.allowance()).read());
    }

    int vectorBytes() {
        return metadataStart - vectorStart;
    }

    /** A reply with these parts. */
    static ByteBuffer write(Value.Fields header, Optional<Value> metadata, Allowance allowance) {
        ByteBuffer headerBytes = withoutNilInSize(header, allowance);
        ByteBuffer metadataBytes =
                metadata.map(value -> withoutNilInSize(value, allowance)).orElse(ByteBuffer.allocate(0));
        MsgpackWriter out = new MsgpackWriter(allowance);
        out.map(4);
        out.text(HEADER_SIZE).integer(headerBytes.remaining());
        out.text(VECTOR_SIZE).integer(0);
        out.text(METADATA_SIZE).integer(metadataBytes.remaining());
        out.text("end").nil();
        return out.raw(headerBytes).raw(metadataBytes).finish();
    }

    private static ByteBuffer withoutNilInSize(Value value, Allowance allowance) {
        ByteBuffer bytes = encoded(value, allowance);
        int filler = 0;
        while (hasNil(bytes.remaining())) {
            // Aims at the next size without the byte; the text's own head may move it, so it is tried.
            filler += Math.max(1, nextWithoutNil(bytes.remaining() + FILLER_HEADS) - bytes.remaining() - FILLER_HEADS);
            bytes = encoded(filled(value, "x".repeat(filler)), allowance);
        }
        return bytes;
    }

    private static ByteBuffer encoded(Value value, Allowance allowance) {
        return new MsgpackWriter(allowance).value(value).finish();
    }

    /** A longer value that means the same: with one more field, in the first map if it is an array of them. */
    private static Value filled(Value value, String filler) {
        return switch (value) {
            case Value.Fields fields -> fields.with(FILLER, new Value.Text(filler));
            case Value.Items items
            when !items.values().isEmpty() && items.values().getFirst() instanceof Value.Fields first -> {
                var longer = new java.util.ArrayList<>(items.values());
                longer.set(0, first.with(FILLER, new Value.Text(filler)));
                yield new Value.Items(longer);
            }
            default -> throw new IllegalStateException("Only maps and arrays of maps are answered");
        };
    }

    private static int nextWithoutNil(int size) {
        int next = size;
        while (hasNil(next)) {
            next++;
        }
        return next;
    }

    /** Whether the encoded size contains the byte that old decoders stop at. */
    private static boolean hasNil(int size) {
        for (byte b : new MsgpackWriter(Allowance.SMALL).integer(size).toArray()) {
            if ((b & 0xFF) == NIL) {
                return true;
            }
        }
        return false;
    }
}
