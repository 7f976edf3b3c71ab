using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Storage;

namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>
/// What was issued and what of it is revoked. A key begins with the time at which the certificate ends, so that those that have ended are
/// found first; they are forgotten a day later, a few with each issue.
/// </summary>
internal sealed class IssuedCertificates(IKeyValueStore store, TimeProvider clock)
{
    private const string Issued = "certificates.issued";
    private const string Revoked = "certificates.revoked";
    private const int ForgottenAtOnce = 16;

    /// <summary>Before the certificate is given away.</summary>
    public async ValueTask RecordAsync(string serial, DateTimeOffset notAfter, JsonObject what, CancellationToken cancel)
    {
        await ForgetAsync(Issued, cancel);
        await ForgetAsync(Revoked, cancel);
        await store.SetAsync(Issued, $"{Time(notAfter)}.{serial}", JsonText.Utf8(what), WriteCondition.None, cancel);
    }

    /// <summary>As recorded, with <c>serial</c>, and <c>revoked</c> when it is.</summary>
    public async ValueTask<JsonArray> ListAsync(CancellationToken cancel)
    {
        var all = new JsonArray();
        foreach (var key in await store.ListAllAsync(Issued, "", cancel))
        {
            if (await store.FindAsync(Issued, key, cancel) is not { } found || JsonNode.Parse(found.Value) is not JsonObject one)
                continue;
            one["serial"] = Serial(key);
            if (await store.FindAsync(Revoked, key, cancel) is { } revoked)
                one["revoked"] = JsonNode.Parse(revoked.Value);
            all.Add((JsonNode)one);
        }

        return all;
    }

    /// <summary>False when none with this serial number is recorded. Again does nothing.</summary>
    public async ValueTask<bool> RevokeAsync(string serial, CancellationToken cancel)
    {
        var key = (await store.ListAllAsync(Issued, "", cancel)).FirstOrDefault(key => Serial(key) == serial);
        if (key is null)
            return false;

        var at = JsonText.Utf8(JsonValue.Create(clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)));
        await store.SetAsync(Revoked, key, at, WriteCondition.MustNotExist, cancel);
        return true;
    }

    public async ValueTask<IReadOnlyList<(byte[] Serial, DateTimeOffset At)>> RevokedAsync(CancellationToken cancel)
    {
        var all = new List<(byte[], DateTimeOffset)>();
        foreach (var key in await store.ListAllAsync(Revoked, "", cancel))
        {
            if (await store.FindAsync(Revoked, key, cancel) is { } found)
            {
                var at = DateTimeOffset.Parse((string)JsonNode.Parse(found.Value)!, CultureInfo.InvariantCulture);
                all.Add((Convert.FromHexString(Serial(key)), at));
            }
        }

        return all;
    }

    private async ValueTask ForgetAsync(string space, CancellationToken cancel)
    {
        var until = Time(clock.GetUtcNow() - TimeSpan.FromDays(1));
        foreach (var key in await store.ListAsync(space, "", null, ForgottenAtOnce, cancel))
        {
            if (string.CompareOrdinal(key, until) < 0)
                await store.DeleteAsync(space, key, WriteCondition.None, cancel);
        }
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private static string Serial(string key) => key[(key.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
