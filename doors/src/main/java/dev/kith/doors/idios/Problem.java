package dev.kith.doors.idios;

import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One thing that is wrong with a request, as pydantic 1 reports it.
 *
 * @param loc where: names and indexes from the outside in; empty: the whole of it, and then not shown
 * @param context what the message was made of; empty: not shown
 */
record Problem(List<Value> loc, String message, String type, Map<String, Value> context) {

    /** Where in a request something is. */
    record Place(List<Value> steps) {
        static final Place BODY = of("body");

        static Place of(String step) {
            return new Place(List.of(new Value.Text(step)));
        }

        Place to(String name) {
            return with(new Value.Text(name));
        }

        Place to(int index) {
            return with(new Value.Int(index));
        }

        private Place with(Value step) {
            List<Value> longer = new ArrayList<>(steps);
            longer.add(step);
            return new Place(List.copyOf(longer));
        }
    }

    static Problem of(Place place, String message, String type) {
        return new Problem(place.steps(), message, type, Map.of());
    }

    /** One that names the limit that was passed. */
    static Problem limit(Place place, String message, String type, Value limit) {
        return new Problem(place.steps(), message, type, Map.of("limit_value", limit));
    }

    static Problem missing(Place place) {
        return of(place, "field required", "value_error.missing");
    }

    static Problem none(Place place) {
        return of(place, "none is not an allowed value", "type_error.none.not_allowed");
    }

    static Problem notObject(Place place) {
        return of(place, "value is not a valid dict", "type_error.dict");
    }

    static Problem notList(Place place) {
        return of(place, "value is not a valid list", "type_error.list");
    }

    /** A fault of what was asked for, or of doing it, which has no place in the request. */
    static Problem outside(String message, String type) {
        return new Problem(List.of(), message, type, Map.of());
    }

    Value.Fields json() {
        Map<String, Value> fields = new LinkedHashMap<>();
        if (!loc.isEmpty()) {
            fields.put("loc", new Value.Items(loc));
        }
        fields.put("msg", new Value.Text(message));
        fields.put("type", new Value.Text(type));
        if (!context.isEmpty()) {
            fields.put("ctx", new Value.Fields(context));
        }
        return new Value.Fields(fields);
    }
}
