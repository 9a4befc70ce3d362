package dev.kith.doors.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * What decoding makes of a message of one kind beside its content: an object or two for every text, list element and
 * message within. Two bytes are enough for an empty message, so a request of 10 MB can want a quarter of a gigabyte; a
 * look at its bytes, which makes nothing, says so before. Immutable once it is made, safe on any thread.
 *
 * <p>Cost: a few nanoseconds a field.
 */
final class Weight {
    /** An object with its place in a list or a map, about. */
    private static final int OBJECT_BYTES = 64;

    /** Of texts and bytes, which have no objects within. */
    private static final Weight CONTENT = new Weight();

    /** Fields that objects are made of, by their numbers, with what is within. */
    private final Map<Integer, Weight> fields = new HashMap<>();

    private Weight() {}

    static Weight of(Descriptor message) {
        return of(message, new HashMap<>());
    }

    /** Messages may have themselves within. */
    private static Weight of(Descriptor message, Map<Descriptor, Weight> made) {
        Weight known = made.get(message);
        if (known != null) {
            return known;
        }
        Weight weight = new Weight();
        made.put(message, weight);
        for (FieldDescriptor field : message.getFields()) {
            switch (field.getJavaType()) {
                case MESSAGE -> weight.fields.put(field.getNumber(), of(field.getMessageType(), made));
                case STRING, BYTE_STRING -> weight.fields.put(field.getNumber(), CONTENT);
                case INT, LONG, FLOAT, DOUBLE, BOOLEAN, ENUM -> {
                    // No more than their bytes.
                }
            }
        }
        return weight;
    }

    /** Bytes of objects; of what is no such message, those up to the fault, which decoding will find as well. */
    long of(byte[] message) {
        Count count = new Count(CodedInputStream.newInstance(message));
        try {
            count.add(this, 1);
        } catch (IOException malformed) {
            // Said where it is decoded.
        }
        return OBJECT_BYTES * count.objects;
    }

    private static final class Count {
        private final CodedInputStream in;
        private long objects;

        Count(CodedInputStream in) {
            this.in = in;
        }

        /** The recursion is bounded as that of decoding is. */
        void add(Weight weight, int level) throws IOException {
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                Weight within = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED
                        ? weight.fields.get(WireFormat.getTagFieldNumber(tag))
                        : null;
                objects += within == null ? 0 : 1;
                if (within == null || within == CONTENT || level == Received.LEVELS_MAX) {
                    in.skipField(tag);
                } else {
                    int outer = in.pushLimit(in.readRawVarint32());
                    add(within, level + 1);
                    in.popLimit(outer);
                }
            }
        }
    }
}
