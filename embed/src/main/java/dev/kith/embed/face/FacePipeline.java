package dev.kith.embed.face;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.Unembeddable.Reason;
import dev.kith.embed.face.Face.Box;
import dev.kith.embed.image.ImageDecoder;
import dev.kith.embed.image.Letterbox;
import dev.kith.embed.image.Pixels;
import dev.kith.embed.image.Planes;
import dev.kith.embed.models.Network;
import dev.kith.embed.models.Tower;
import dev.kith.embed.models.Tower.Faces.Family;
import dev.kith.embed.pipeline.Networks;
import dev.kith.embed.pipeline.Pipeline;
import dev.kith.embed.pipeline.Rows;
import dev.kith.embed.pipeline.Tensor;
import dev.kith.vectors.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Any number of vectors a picture, one for each face, the surest first. Each comes with notes: {@code bbox_x1},
 * {@code bbox_y1}, {@code bbox_x2}, {@code bbox_y2} from 0 to 1 of the whole picture, {@code confidence}, and where
 * {@code attributes} ask for {@code genderage}: {@code gender_female_prob}, {@code gender_male_prob} and {@code age} in
 * years. Safe on any thread.
 */
public final class FacePipeline implements Pipeline<FacePipeline.Prepared> {
    /** Longest side of the picture that faces are cut from: a face of 112 pixels may be a twentieth of it. */
    private static final int PICTURE_SIDE_MAX = 2_048;

    private static final int FACE_SIDE = 112;
    private static final int ATTRIBUTES_SIDE = 96;
    private static final float HUNDRED_YEARS = 100;
    private static final String DETECTION = "detection";
    private static final String RECOGNITION = "recognition";
    private static final String ATTRIBUTES = "attributes";
    private static final String PIXELS = "pixels";
    private static final String VECTOR = "vector";

    private final Tower.Faces tower;
    private final ImageDecoder decoder;

    /** A picture, the same as the detector wants it, and what is asked. */
    record Prepared(Pixels picture, Letterbox letterbox, Knobs knobs) {}

    /**
     * What a caller may turn.
     *
     * @param confidence least that a face must have
     * @param overlap most that two faces may share
     * @param genderAge whether gender and age are wanted
     */
    record Knobs(float confidence, float overlap, boolean genderAge) {}

    public FacePipeline(Tower.Faces tower, ImageDecoder decoder) {
        this.tower = tower;
        this.decoder = decoder;
        if (tower.side() % 32 != 0) {
            throw new IllegalStateException(
                    "a detector's square of %d pixels, no multiple of 32".formatted(tower.side()));
        }
    }

    @Override
    public long preparedBytesMax() {
        return 3L * PICTURE_SIDE_MAX * PICTURE_SIDE_MAX + 3L * tower.side() * tower.side();
    }

    /**
     * {@inheritDoc}
     *
     * @throws Unembeddable KIND, UNDECODABLE, TOO_LARGE, TOO_SMALL, UNPREPARED
     * @throws Rejection INVALID where a knob is no number from 0 to 1
     */
    @Override
    public Prepared prepare(Input input, Preparation preparation) {
        if (!(input instanceof Input.Image(byte[] bytes))) {
            throw new Unembeddable(Reason.KIND, 0, "The input is not an image");
        }
        if (!preparation.prepared()) {
            throw new Unembeddable(
                    Reason.UNPREPARED, 0, "NoPreprocessing is not supported for face recognition models");
        }
        Knobs knobs = knobs(preparation.parameters());
        return decoder.decode(bytes, preparation.orientation(), picture -> {
            Pixels whole = picture.pixels();
            if (Math.min(whole.width(), whole.height()) < preparation.sideMin()) {
                throw new Unembeddable(
                        Reason.TOO_SMALL,
                        0,
                        "Images must have their dimensions above %d x %d pixels"
                                .formatted(preparation.sideMin(), preparation.sideMin()));
            }
            Pixels pixels = Letterbox.within(picture, PICTURE_SIDE_MAX);
            return new Prepared(pixels, Letterbox.of(pixels, tower.side()), knobs);
        });
    }

    private Knobs knobs(Map<String, String> parameters) {
        return new Knobs(
                number(parameters, "confidence_threshold", tower.family() == Family.SCRFD_ARCFACE ? 0.5f : 0.6f),
                number(parameters, "nms_threshold", tower.family() == Family.SCRFD_ARCFACE ? 0.4f : 0.3f),
                parameters.getOrDefault("attributes", "").contains("genderage"));
    }

    private static float number(Map<String, String> parameters, String name, float usual) {
        String text = parameters.get(name);
        if (text == null) {
            return usual;
        }
        try {
            float value = Float.parseFloat(text);
            if (value >= 0 && value <= 1) {
                return value;
            }
        } catch (NumberFormatException notOne) {
            // Told below, as any other value out of range.
        }
        throw new Rejection(Rejection.Code.INVALID, "Model parameter %s must be from 0 to 1".formatted(name));
    }

    @Override
    public long computingBytes(int count, int length) {
        return Rows.computingBytes(1, (long) tower.side() * tower.side());
    }

    @Override
    public List<List<Embedding>> run(List<Prepared> batch, Networks networks) {
        return batch.stream().map(prepared -> faces(prepared, networks)).toList();
    }

    private List<Embedding> faces(Prepared prepared, Networks networks) {
        List<Embedding> embeddings = new ArrayList<>();
        for (Face seen : detected(prepared, networks)) {
            Face face = inPicture(seen, prepared);
            Pixels upright = Alignment.upright(face.points()).warped(prepared.picture(), FACE_SIDE);
            float[] planes = tower.family() == Family.SCRFD_ARCFACE
                    ? Planes.of(upright, 127.5f, 1 / 127.5f)
                    : Planes.of(upright, 0, 1);
            float[] vector = asked(networks, RECOGNITION, new Asked(VECTOR, planes, FACE_SIDE));
            Rows.normalise(vector);
            SortedMap<String, String> notes = notes(face, prepared.picture());
            if (prepared.knobs().genderAge() && tower.networks().containsKey(ATTRIBUTES)) {
                judge(face, prepared.picture(), networks, notes);
            }
            embeddings.add(new Embedding(vector, notes));
        }
        return embeddings;
    }

    private List<Face> detected(Prepared prepared, Networks networks) {
        int side = tower.side();
        Knobs knobs = prepared.knobs();
        Network network = network(DETECTION);
        Pixels square = prepared.letterbox().square();
        boolean scrfd = tower.family() == Family.SCRFD_ARCFACE;
        float[] planes = scrfd ? Planes.of(square, 127.5f, 1 / 128f) : Planes.blueFirst(Planes.of(square, 0, 1));
        Map<String, Tensor.Floats> outputs =
                networks.run(DETECTION, Map.of(network.input(PIXELS), new Tensor.Floats(planes, 1, 3, side, side)));
        List<Face> candidates = scrfd
                ? Detection.scrfd(outputs, side, knobs.confidence())
                : Detection.yunet(outputs, network, side, knobs.confidence());
        return Face.distinct(candidates, knobs.overlap());
    }

    /** The same face in pixels of the picture instead of the detector's square. */
    private static Face inPicture(Face face, Prepared prepared) {
        float across = (float) prepared.picture().width() / prepared.letterbox().width();
        float down = (float) prepared.picture().height() / prepared.letterbox().height();
        Box box = face.box();
        float[] points = face.points().clone();
        for (int at = 0; at < points.length; at++) {
            points[at] *= at % 2 == 0 ? across : down;
        }
        return new Face(
                new Box(box.x1() * across, box.y1() * down, box.x2() * across, box.y2() * down),
                face.confidence(),
                points);
    }

    private static SortedMap<String, String> notes(Face face, Pixels picture) {
        Box box = face.box();
        SortedMap<String, String> notes = new TreeMap<>();
        notes.put("bbox_x1", share(box.x1(), picture.width()));
        notes.put("bbox_y1", share(box.y1(), picture.height()));
        notes.put("bbox_x2", share(box.x2(), picture.width()));
        notes.put("bbox_y2", share(box.y2(), picture.height()));
        notes.put("confidence", Float.toString(face.confidence()));
        return notes;
    }

    private static String share(float pixels, int of) {
        return Float.toString(Math.clamp(pixels / of, 0f, 1f));
    }

    /** Two numbers whose larger one says the gender, and the age in hundreds of years. */
    private void judge(Face face, Pixels picture, Networks networks, SortedMap<String, String> notes) {
        Pixels around = Alignment.around(face.box(), ATTRIBUTES_SIDE).warped(picture, ATTRIBUTES_SIDE);
        float[] told = asked(networks, ATTRIBUTES, new Asked(ATTRIBUTES, Planes.of(around, 0, 1), ATTRIBUTES_SIDE));
        double female = 1 / (1 + Math.exp((double) told[1] - told[0]));
        notes.put("gender_female_prob", Float.toString((float) female));
        notes.put("gender_male_prob", Float.toString((float) (1 - female)));
        notes.put("age", Float.toString(told[2] * HUNDRED_YEARS));
    }

    private record Asked(String output, float[] planes, int side) {}

    private float[] asked(Networks networks, String role, Asked asked) {
        Network network = network(role);
        Tensor pixels = new Tensor.Floats(asked.planes, 1, 3, asked.side, asked.side);
        return Rows.row(
                Rows.of(networks.run(role, Map.of(network.input(PIXELS), pixels)), network.output(asked.output), 1), 0);
    }

    private Network network(String role) {
        Network network = tower.networks().get(role);
        if (network == null) {
            throw new IllegalStateException("the model has no network for " + role);
        }
        return network;
    }
}
