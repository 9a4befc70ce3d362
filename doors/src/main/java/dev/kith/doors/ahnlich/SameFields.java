package dev.kith.doors.ahnlich;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;

/** Requests of the proxy that the database answers: their messages have the same fields, by name, number and type. */
final class SameFields {
    private SameFields() {}

    /** The request with every field that the other one has set; messages in them are shared, not copied. */
    static <B extends Message.Builder> B carry(Message from, B to) {
        from.getAllFields().forEach((field, value) -> {
            FieldDescriptor same = to.getDescriptorForType().findFieldByName(field.getName());
            to.setField(same, value);
        });
        return to;
    }
}
