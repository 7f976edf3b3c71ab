using System.Text;

namespace Nacre.Formats.EventLogs;

/// <summary>
/// The text form of the attestation agent's event log, in use until July 2025 (evidence.md 9.5): the first line
/// <c>INIT algorithm/value</c>, then <c>domain operation content</c>. Every line, the first too, is hashed and folded into the register.
/// </summary>
public static class AgentEventLogText
{
    public const int MaxSize = 4 * 1024 * 1024;

    private const string Structure = "aael";

    /// <summary>The value of the register after the log.</summary>
    /// <exception cref="MalformedDataException">The text is no such log.</exception>
    public static (EventLogHash Hash, byte[] Value) Replay(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxSize)
            throw new MalformedDataException(Structure, "(text)", 0, $"is {text.Length} bytes long, at most {MaxSize} are allowed");

        var lines = Encoding.UTF8.GetString(text).Split('\n');
        var count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        if (count == 0)
            throw new MalformedDataException(Structure, "INIT", 0, "is missing");

        var (hash, value) = ReadInit(lines[0]);
        for (var i = 0; i < count; i++)
        {
            if (i > 0 && lines[i].Split(' ', 3).Length != 3)
                throw new MalformedDataException(Structure, $"line {i + 1}", 0, "must be domain, operation and content");

            value = hash.HashData([.. value, .. hash.HashData(Encoding.UTF8.GetBytes(lines[i]))]);
        }

        return (hash, value);
    }

    private static (EventLogHash Hash, byte[] Value) ReadInit(string line)
    {
        // INIT sha384/000… ; the older spelling has the slash before the algorithm.
        var parts = line.Split([' ', '/'], 3);
        var hash = parts is ["INIT", var name, _]
            ? name switch { "sha256" => EventLogHash.Sha256, "sha384" => EventLogHash.Sha384, "sha512" => EventLogHash.Sha512, _ => null } : null;
        if (hash is null)
            throw new MalformedDataException(Structure, "INIT", 0, "must be INIT, an algorithm and a value");

        try
        {
            var value = Convert.FromHexString(parts[2]);
            return value.Length == hash.Size ? (hash, value) : throw new MalformedDataException(Structure, "INIT", 0, $"must have {hash.Size} bytes");
        }
        catch (FormatException error)
        {
            throw new MalformedDataException(Structure, "INIT", 0, "must have a value in hexadecimal", error);
        }
    }
}
