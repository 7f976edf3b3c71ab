using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>Up to where a chain was sent.</summary>
/// <param name="Segment">Number of the file, from 1.</param>
/// <param name="Offset">Of the next line in it.</param>
/// <param name="Sequence">Of the last line that was sent; 0 before the first.</param>
internal sealed record AuditPosition(int Segment, long Offset, long Sequence)
{
    private const string Space = "audit-export";
    private const int MaxBytes = 256;

    public static AuditPosition Start { get; } = new(1, 0, 0);

    /// <summary>The start, when nothing of the chain was sent to this address.</summary>
    /// <exception cref="StoreException">The store cannot be read, or holds something else there.</exception>
    public static async ValueTask<AuditPosition> ReadAsync(IKeyValueStore store, string chain, string address, CancellationToken cancel)
    {
        if (await store.FindAsync(Space, Key(chain, address), cancel) is not { } stored)
            return Start;

        try
        {
            using var document = StrictJson.Parse(stored.Value, "audit.position", MaxBytes);
            var fields = new JsonFields("audit.position", document.RootElement);
            return fields.Any("segment").TryGetInt32(out var segment) && fields.Any("offset").TryGetInt64(out var offset)
                && fields.Any("seq").TryGetInt64(out var sequence)
                ? new AuditPosition(segment, offset, sequence) : throw fields.Malformed("segment", "must be a number beside two others");
        }
        catch (Exception e) when (e is MalformedDataException or InvalidOperationException)
        {
            throw new StoreException($"what the store holds of the export of the audit chain {chain} cannot be read: {e.Message}", e);
        }
    }

    public async ValueTask WriteAsync(IKeyValueStore store, string chain, string address, CancellationToken cancel)
    {
        var json = new JsonObject { ["segment"] = Segment, ["offset"] = Offset, ["seq"] = Sequence };
        await store.WriteAsync([StoreWrite.Set(Space, Key(chain, address), JsonText.Utf8(json))], cancel);
    }

    private static string Key(string chain, string address) =>
        $"{chain}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address)).AsSpan(0, 8))}";
}
