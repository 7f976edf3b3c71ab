using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.EventLogs;
using Nacre.Verifiers.EventLogs;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of event logs: parsing, replay, upstream's claims, and the match with quoted registers.</summary>
internal sealed class EventLogVectors : IVectorSubject
{
    private const string ClaimsSuffix = "_out.json";

    public string Tee => "eventlog";

    public ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (file.Id.EndsWith(ClaimsSuffix, StringComparison.Ordinal))
            CheckClaims(file.Manifest.Read(file.Id[..^ClaimsSuffix.Length]), bytes);
        else if (file.Verdict == "reference")
            Assert.NotEmpty(bytes);
        else if (file.Id.StartsWith("aael-legacy/", StringComparison.Ordinal))
            CheckAgentLog(file, bytes);
        else if (bytes.AsSpan().StartsWith("CCEL"u8) && bytes.Length == CcelTable.Size)
            Assert.Equal(2, CcelTable.Parse(bytes).CcType);
        else
            CheckLog(file, bytes);

        return ValueTask.CompletedTask;
    }

    public ValueTask CheckCaseAsync(VectorEntry @case)
    {
        var replay = EventLogReplay.Compute(TcgEventLog.Parse(@case.Input("log")), EventLogHash.Sha384);
        var quote = @case.Input("quote")!;

        // TD report 1.0 begins behind the header, in version 5 also behind its type and size (evidence.md 2.1); RTMR0 is at 328 in it.
        var rtmrs = quote.AsSpan((BinaryPrimitives.ReadUInt16LittleEndian(quote) == 5 ? 54 : 48) + 328, 4 * 48).ToArray();
        var matches = Enumerable.Range(0, 4)
            .Select(i => rtmrs.AsSpan(48 * i, 48).SequenceEqual(replay.TryGetValue((uint)i + 1, out var value) ? value : new byte[48])).ToArray();

        Assert.Equal(@case.Verdict == "match", matches.All(match => match));
        for (var i = 0; i < 4 && @case.Expected is { } expected; i++)
        {
            if (expected.TryGetProperty($"rtmr{i}", out var value) && value.ValueKind != JsonValueKind.Null)
                Assert.Equal($"rtmr{i}={value.GetBoolean()}", $"rtmr{i}={matches[i]}");
        }

        return ValueTask.CompletedTask;
    }

    private static void CheckLog(VectorEntry file, byte[] bytes)
    {
        var broken = file.Expected is { } values && values.TryGetProperty("parse_error", out var error) && error.ValueKind != JsonValueKind.Null;
        if (broken || file.Verdict == "invalid")
        {
            Assert.Throws<MalformedDataException>(() => TcgEventLog.Parse(bytes));
            return;
        }

        var log = TcgEventLog.Parse(bytes);
        if (file.Verdict == "policy-refuse")
            Assert.NotEmpty(EventLogConcerns.Find(log));

        if (file.Expected is { } expected)
            CheckValues(log, expected);
        else if (file.Verdict == "refuse")
            RequireOtherReplay(file, log);
    }

    // A log that was changed after it was measured: it replays to other values than every genuine log of the folder.
    private static void RequireOtherReplay(VectorEntry file, TcgEventLog log)
    {
        var replay = Text(EventLogReplay.Compute(log, log.Algorithms[^1]));
        foreach (var genuine in file.Manifest.Files.Where(other => other.Verdict == "valid" && other.Id.StartsWith("ccel/", StringComparison.Ordinal)))
        {
            var parsed = TcgEventLog.Parse(genuine.Read());
            Assert.NotEqual(Text(EventLogReplay.Compute(parsed, parsed.Algorithms[^1])), replay);
        }
    }

    private static void CheckValues(TcgEventLog log, JsonElement expected)
    {
        Assert.Equal(expected.GetProperty("format").GetString(), log.IsCryptoAgile ? "crypto-agile" : "legacy-sha1");
        Assert.Equal(expected.GetProperty("events").GetInt32(), log.Events.Count);
        Assert.Equal(expected.GetProperty("consumed_bytes").GetInt32(), log.Size);
        if (expected.GetProperty("spec_algorithms") is { ValueKind: JsonValueKind.Array } algorithms)
            Assert.Equal(algorithms.EnumerateArray().Select(id => id.GetInt32()), log.Algorithms.Select(hash => (int)hash.Id));

        if (expected.TryGetProperty("event_types", out var types) && types.ValueKind == JsonValueKind.Object)
        {
            var counted = log.Events.GroupBy(@event => TcgEventType.Name(@event.Type)).ToDictionary(same => same.Key, same => same.Count());
            Assert.Equal(types.EnumerateObject().ToDictionary(type => type.Name, type => type.Value.GetInt32()), counted);
        }

        if (!expected.TryGetProperty("replay", out var replays) || replays.ValueKind != JsonValueKind.Object)
            return;

        foreach (var bank in replays.EnumerateObject())
        {
            var hash = log.Algorithms.Single(hash => hash.Name == bank.Name);
            var wanted = bank.Value.EnumerateObject().OrderBy(register => register.Name, StringComparer.Ordinal).Select(register => $"{register.Name}={register.Value}");
            Assert.Equal(wanted, Text(EventLogReplay.Compute(log, hash)));
        }
    }

    private static void CheckAgentLog(VectorEntry file, byte[] bytes)
    {
        var (hash, value) = AgentEventLogText.Replay(bytes);
        Assert.Equal(file.Expected!.Value.GetProperty("algorithm").GetString(), hash.Name);
        Assert.Equal(file.Expected.Value.GetProperty("replay").GetString(), Convert.ToHexStringLower(value));
    }

    private static void CheckClaims(byte[] log, byte[] upstream)
    {
        var expected = JsonNode.Parse(upstream)!["uefi_event_logs"]!.AsArray();
        var actual = UefiEventClaims.Create(TcgEventLog.Parse(log));
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
            Assert.True(JsonNode.DeepEquals(expected[i], actual[i].ToJson()), $"event {i}: expected {expected[i]!["details"]}, got {actual[i].ToJson()["details"]}");
    }

    private static List<string> Text(SortedDictionary<uint, byte[]> replay) =>
        [.. replay.OrderBy(register => $"{register.Key}", StringComparer.Ordinal).Select(register => $"{register.Key}={Convert.ToHexStringLower(register.Value)}")];
}
