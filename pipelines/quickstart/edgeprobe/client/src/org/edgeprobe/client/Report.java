package org.edgeprobe.client;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;

/** What a collector answers to a query. */
public record Report(long refused, List<Host> hosts) {

    /**
     * Reads the output of {@code edgeprobe hosts --json}.
     *
     * @throws IllegalArgumentException where it is anything else: nothing is guessed
     */
    public static Report parse(String text) {
        try {
            JsonObject answer = JsonParser.parseString(text).getAsJsonObject();
            List<Host> hosts = new ArrayList<>();
            for (JsonElement host : required(answer, "hosts").getAsJsonArray()) {
                hosts.add(host(host.getAsJsonObject()));
            }
            return new Report(required(answer, "refused").getAsLong(), List.copyOf(hosts));
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException | NumberFormatException e) {
            throw new IllegalArgumentException("not an answer of a collector: " + e.getMessage(), e);
        }
    }

    private static Host host(JsonObject report) {
        JsonArray guests = required(report, "guests").getAsJsonArray();
        return new Host(
                required(report, "host").getAsString(),
                required(required(report, "processors").getAsJsonObject(), "online").getAsInt(),
                required(required(report, "memory").getAsJsonObject(), "availableBytes").getAsLong(),
                required(report, "kvm").getAsBoolean(),
                guests.size());
    }

    private static JsonElement required(JsonObject object, String name) {
        JsonElement found = object.get(name);
        if (found == null) {
            throw new IllegalStateException("there is no " + name);
        }
        return found;
    }
}
