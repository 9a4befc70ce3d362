package dev.kith.doors.idios;

import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.images.Images;
import dev.kith.vectors.Value;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The models that a path may name. Safe on any thread. */
final class Models {
    /** The one that the original has: always named, installed or not. */
    static final String ORIGINAL = "vit_b32";

    private final Images images;

    Models(Images images) {
        this.images = images;
    }

    /** All names, the original's first, the others in order. */
    List<String> names() {
        TreeSet<String> others = new TreeSet<>(images.models());
        others.remove(ORIGINAL);
        List<String> names = new java.util.ArrayList<>(others);
        names.addFirst(ORIGINAL);
        return List.copyOf(names);
    }

    /** The model of a request's path; a problem where it is none. */
    String of(HttpRequest request, Checks checks) {
        String model = request.parameter("model");
        List<String> names = names();
        if (!names.contains(model)) {
            String permitted = String.join(
                    ", ", names.stream().map(name -> "'" + name + "'").toList());
            Value members =
                    new Value.Items(names.stream().<Value>map(Value.Text::new).toList());
            checks.note(new Problem(
                    Place.of("path").to("model_name").steps(),
                    "value is not a valid enumeration member; permitted: " + permitted,
                    "type_error.enum",
                    Map.of("enum_values", members)));
        }
        return model;
    }
}
