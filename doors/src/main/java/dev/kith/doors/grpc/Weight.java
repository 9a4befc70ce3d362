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

    /** A number that had one byte, in a list that is copied as it grows. */
    private static final int NUMBER_BYTES = 20;

    /** Of texts and bytes, which have no objects within. */
    private static final Weight CONTENT = new Weight();

    /** Of numbers that may have one byte each. */
    private static final Weight NUMBERS = new Weight();

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
                case INT, LONG, BOOLEAN, ENUM -> {
                    if (field.isRepeated()) {
                        weight.fields.put(field.getNumber(), NUMBERS);
                    }
                }
                case FLOAT, DOUBLE -> {
                    // No more than their bytes.
                }
            }
        }
        return weight;
    }

    /** Bytes of objects; of what is no such message, those up to the fault, which decoding will find as well. */
    long of(byte[] message) {
        CodedInputStream in = CodedInputStream.newInstance(message);
        // Else it would stop at groups that decoding still skips, and count nothing of what follows.
        in.setRecursionLimit(Received.LEVELS_MAX);
        Count count = new Count(in);
        try {
            count.add(this, 1);
        } catch (IOException malformed) {
            // Said where it is decoded.
        }
        return OBJECT_BYTES * count.objects + NUMBER_BYTES * count.numbers;
    }

    private static final class Count {
        private final CodedInputStream in;
        private long objects;
        private long numbers;

        Count(CodedInputStream in) {
            this.in = in;
        }

        /** The recursion is bounded as that of decoding is. */
        void add(Weight weight, int level) throws IOException {
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                Weight within = weight.fields.get(WireFormat.getTagFieldNumber(tag));
                boolean delimited = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
                if (within == NUMBERS) {
                    int bytes = delimited ? in.readRawVarint32() : 1;
                    numbers += Math.max(0, bytes);
                    if (delimited) {
                        in.skipRawBytes(bytes);
                    } else {
                        in.skipField(tag);
                    }
                } else if (!delimited || within == null) {
                    in.skipField(tag);
                } else {
                    objects++;
                    if (within == CONTENT || level == Received.LEVELS_MAX) {
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
}
