using System.Buffers.Binary;
using System.Globalization;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.Tokens;
using Nacre.KeyBroker.Audit;
using Nacre.Storage;
using Nacre.Verifiers.Collateral;

namespace Nacre.KeyBroker.Health;

/// <summary>The parts of a server. What they say is read by anyone, so it names no address, path or key.</summary>
internal static class HealthParts
{
    private const string Space = "health";
    private const int MaxServers = 32;

    private static readonly TimeSpan s_tolerance = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_forget = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_recent = TimeSpan.FromHours(1);

    /// <summary>Of a key broker.</summary>
    public static IReadOnlyList<HealthPart> Create(
        IKeyValueStore store, AuditLog audit, TokenSigner? signer, CollateralOptions collateral, CollateralTrouble trouble,
        TimeProvider clock) =>
    [
        Store(store, audit.Chain, clock),
        new("audit", true, _ =>
        {
            audit.RequireWritable();
            return ValueTask.FromResult<string?>(null);
        }),
        .. signer is null ? [] : PartsOf(signer, clock),
        Clocks(store, audit.Chain, clock),
        Collateral(collateral, trouble),
    ];

    /// <summary>Of an Attestation Service by itself.</summary>
    public static IReadOnlyList<HealthPart> Create(
        IKeyValueStore store, string server, TokenSigner signer, CollateralOptions collateral, CollateralTrouble trouble, TimeProvider clock) =>
        [Store(store, server, clock), .. PartsOf(signer, clock), Clocks(store, server, clock), Collateral(collateral, trouble)];

    /// <summary>Of reference values by themselves.</summary>
    public static IReadOnlyList<HealthPart> Create(IKeyValueStore store, string server, ReferenceValueStore references, TimeProvider clock) =>
    [
        Store(store, server, clock),
        new("reference-values", true, async cancel =>
        {
            await references.SnapshotAsync(cancel);
            return null;
        }),
        Clocks(store, server, clock),
    ];

    private static HealthPart Store(IKeyValueStore store, string server, TimeProvider clock) =>
        new("store", true, cancel => CheckStoreAsync(store, server, clock, cancel));

    private static HealthPart Clocks(IKeyValueStore store, string server, TimeProvider clock) =>
        new("clock-of-others", false, cancel => CompareClocksAsync(store, server, clock, cancel));

    private static HealthPart Collateral(CollateralOptions options, CollateralTrouble trouble) =>
        new("collateral", false, _ => ValueTask.FromResult(CheckCollateral(options, trouble)));

    // A service elsewhere has keys and a clock of its own.
    private static HealthPart[] PartsOf(TokenSigner signer, TimeProvider clock) =>
    [
        new("token-keys", true, async cancel => (await signer.DescribeAsync(cancel)).Count > 0 ? null : "there is no key"),
        new("clock", true, cancel => CheckClockAsync(signer, clock, cancel)),
    ];

    // A write that is acknowledged and then read is what a release needs.
    private static async ValueTask<string?> CheckStoreAsync(IKeyValueStore store, string id, TimeProvider clock, CancellationToken cancel)
    {
        var now = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(now, clock.GetUtcNow().ToUnixTimeSeconds());
        if (await store.SetAsync(Space, id, now, WriteCondition.None, cancel) != WriteResult.Written)
            return "does not take a write";
        return await store.FindAsync(Space, id, cancel) is null ? "has lost what was just written" : null;
    }

    // What this server made cannot be younger than now, unless the clock is wrong.
    private static async ValueTask<string?> CheckClockAsync(TokenSigner signer, TimeProvider clock, CancellationToken cancel)
    {
        var made = (await signer.DescribeAsync(cancel)).Max(key => (long)key!["since"]!);
        var behind = DateTimeOffset.FromUnixTimeSeconds(made) - clock.GetUtcNow();
        return behind > s_tolerance ? $"stands {Text(behind)} before the time at which the newest token key was made" : null;
    }

    private static async ValueTask<string?> CompareClocksAsync(IKeyValueStore store, string id, TimeProvider clock, CancellationToken cancel)
    {
        string? trouble = null;
        foreach (var other in await store.ListAsync(Space, "", null, MaxServers, cancel))
        {
            if (other == id || await store.FindAsync(Space, other, cancel) is not { Value: { Length: sizeof(long) } seen })
                continue;

            var ahead = TimeSpan.FromSeconds(BinaryPrimitives.ReadInt64BigEndian(seen) - clock.GetUtcNow().ToUnixTimeSeconds());
            if (ahead > s_tolerance)
                trouble = $"another server on this store is {Text(ahead)} ahead";
            else if (ahead < -s_forget)
                await store.DeleteAsync(Space, other, WriteCondition.None, cancel);
        }

        return trouble;
    }

    private static string? CheckCollateral(CollateralOptions options, CollateralTrouble trouble)
    {
        if (options.Folder is { } folder)
            return Directory.Exists(folder) ? null : "the folder of collateral is gone";

        WritableFolder.Require(options.CacheFolder);
        return trouble.Age is { } age && age < s_recent
            ? $"a vendor's service could not be used {Text(age)} ago; the server's log says which" : null;
    }

    private static string Text(TimeSpan time) => time < TimeSpan.FromMinutes(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min");
}
