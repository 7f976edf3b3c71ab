using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nacre.KeyBroker.Audit;

/// <summary>
/// The bytes of one line: a JSON object that begins with <c>seq</c> and ends with <c>hash</c>, and a line feed. The hash is SHA-256 over
/// the
/// hash of the line before (32 bytes) and this line up to the comma in front of <c>"hash"</c>.
/// </summary>
internal static class AuditLine
{
    public const int HashSize = SHA256.HashSizeInBytes;
    public const int MaxBytes = 32 * 1024;
    public const string SegmentAction = "segment";

    private const int MaxTextLength = 4096;
    private const int TailLength = 9 + 2 * HashSize + 2;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>Adds a line after <paramref name="head"/> and gives the new head.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="head">After the line before.</param>
    /// <param name="segment">That the line will stand in.</param>
    /// <param name="members">Writes what stands between <c>seq</c> and <c>hash</c>.</param>
    public static AuditHead Append(ArrayBufferWriter<byte> output, AuditHead head, int segment, Action<Utf8JsonWriter> members)
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(line, s_options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("seq", head.Sequence + 1);
            members(writer);
            writer.WriteEndObject();
        }

        var body = line.WrittenSpan[..^1];
        var hash = Hash(head.Hash, body);
        output.Write(body);
        output.Write(Tail(hash));
        output.Write("\n"u8);
        return new AuditHead(segment, head.Sequence + 1, hash);
    }

    /// <summary>
    /// The hash of a line, without its line feed, that follows one with the hash <paramref name="before"/>; null when it does not.
    /// </summary>
    public static byte[]? Check(ReadOnlySpan<byte> line, ReadOnlySpan<byte> before)
    {
        if (line.Length is < TailLength or > MaxBytes)
            return null;

        var hash = Hash(before, line[..^TailLength]);
        return line[^TailLength..].SequenceEqual(Tail(hash)) ? hash : null;
    }

    public static void Write(Utf8JsonWriter writer, AuditEvent e)
    {
        WriteTime(writer, e.At);
        writer.WriteString("action", Name(e.Action));
        writer.WriteString("outcome", Name(e.Outcome));
        WriteText(writer, "tenant", e.Tenant);
        writer.WriteString("who", Bounded(e.Who));
        writer.WriteString("from", e.From);
        writer.WriteString("route", e.Route);
        WriteText(writer, "object", e.Object);
        if (e.Status is { } status)
            writer.WriteNumber("status", status);
        WriteText(writer, "reference", e.Reference);
        WriteText(writer, "reason", e.Reason);
        WriteText(writer, "mac", e.Mac);
    }

    private static void WriteTime(Utf8JsonWriter writer, DateTimeOffset at) =>
        writer.WriteString("at", at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    /// <summary>A process began to write the chain.</summary>
    /// <param name="writer">Of the line.</param>
    /// <param name="at">When.</param>
    /// <param name="torn">A line that a crash kept from being finished and that was cut off; nobody was told that it was written.</param>
    /// <param name="damage">What is wrong with chains that were left alone.</param>
    public static void WriteStart(Utf8JsonWriter writer, DateTimeOffset at, byte[] torn, IReadOnlyCollection<string> damage)
    {
        WriteTime(writer, at);
        writer.WriteString("action", "start");
        if (torn.Length > 0)
        {
            writer.WriteNumber("torn-bytes", torn.Length);
            writer.WriteString("torn-sha256", Convert.ToHexStringLower(SHA256.HashData(torn)));
        }

        if (damage.Count == 0)
            return;

        writer.WriteStartArray("damaged");
        foreach (var problem in damage)
            writer.WriteStringValue(problem);
        writer.WriteEndArray();
    }

    /// <summary>The process ended in order.</summary>
    public static void WriteStop(Utf8JsonWriter writer, DateTimeOffset at)
    {
        WriteTime(writer, at);
        writer.WriteString("action", "stop");
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
            writer.WriteString(name, Bounded(value));
    }

    private static string Bounded(string text) => text.Length <= MaxTextLength ? text : $"{text.AsSpan(0, MaxTextLength - 1)}…";

    private static string Name(AuditAction action) => action switch
    {
        AuditAction.Release => "release",
        AuditAction.Attestation => "attestation",
        AuditAction.Change => "change",
        _ => "read",
    };

    private static string Name(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Begun => "begun",
        AuditOutcome.Done => "done",
        AuditOutcome.Refused => "refused",
        _ => "failed",
    };

    private static byte[] Hash(ReadOnlySpan<byte> before, ReadOnlySpan<byte> body)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(before);
        sha.AppendData(body);
        return sha.GetHashAndReset();
    }

    private static byte[] Tail(byte[] hash) => Encoding.ASCII.GetBytes($",\"hash\":\"{Convert.ToHexStringLower(hash)}\"}}");
}
