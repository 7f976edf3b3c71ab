using Nacre.Formats.Json;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>TCB info of version 2 (SGX only) or 3 (evidence.md 2.4): what Intel says of the versions of one family of platforms.</summary>
public sealed class TcbInfo
{
    private const string Structure = "intel.tcb_info";
    private const int Components = 16;
    private const int MaxLevels = 256;

    private TcbInfo()
    {
    }

    public required int Version { get; init; }

    /// <summary>Whether it speaks of TDX; else of SGX.</summary>
    public required bool IsTdx { get; init; }

    public required DateTimeOffset IssueDate { get; init; }
    public required DateTimeOffset NextUpdate { get; init; }
    public required byte[] Fmspc { get; init; }
    public required byte[] PceId { get; init; }
    public required int EvaluationDataNumber { get; init; }

    /// <summary>In descending order, as published.</summary>
    public required IReadOnlyList<TcbLevel> Levels { get; init; }

    /// <summary>The module of TDX 1.0; null for SGX.</summary>
    public required TdxModule? Module { get; init; }

    /// <summary>The later modules, by id such as <c>TDX_01</c>.</summary>
    public required IReadOnlyDictionary<string, TdxModuleIdentity> ModuleIdentities { get; init; }

    internal static SignedBody<TcbInfo> Parse(ReadOnlyMemory<byte> utf8) => IntelJson.Parse(utf8, Structure, "tcbInfo", Read);

    private static TcbInfo Read(JsonFields body)
    {
        var version = IntelJson.Number(body, "version", 3);
        if (version < 2)
            throw body.Malformed("version", $"is {version}, must be 2 or 3");

        var id = version == 2 ? "SGX" : body.Text("id", 8);
        if (id is not ("SGX" or "TDX"))
            throw body.Malformed("id", "must be SGX or TDX");

        if (IntelJson.Number(body, "tcbType", 0) != 0)
            throw body.Malformed("tcbType", "must be 0");

        var isTdx = id == "TDX";
        var levels = IntelJson.Objects(body, Structure, "tcbLevels", 1, MaxLevels).Select(level => ReadLevel(level, version, isTdx)).ToArray();
        if (levels.DistinctBy(level => level.Key).Count() != levels.Length)
            throw body.Malformed("tcbLevels", "has two levels of the same versions");

        return new()
        {
            Version = version,
            IsTdx = isTdx,
            IssueDate = IntelJson.Date(body, "issueDate"),
            NextUpdate = IntelJson.Date(body, "nextUpdate"),
            Fmspc = IntelJson.Hex(body, "fmspc", 6),
            PceId = IntelJson.Hex(body, "pceId", 2),
            EvaluationDataNumber = IntelJson.Number(body, "tcbEvaluationDataNumber", int.MaxValue),
            Levels = levels,
            Module = isTdx ? TdxModule.Read(body.Object("tdxModule")) : null,
            ModuleIdentities = isTdx ? TdxModuleIdentity.ReadAll(body, Structure) : new Dictionary<string, TdxModuleIdentity>(),
        };
    }

    private static TcbLevel ReadLevel(JsonFields level, int version, bool isTdx)
    {
        var tcb = level.Object("tcb");
        var sgx = version == 2
            ? [.. Enumerable.Range(1, Components).Select(i => (byte)IntelJson.Number(tcb, $"sgxtcbcomp{i:00}svn", byte.MaxValue))]
            : ReadComponents(tcb, "sgxtcbcomponents");
        return new(
            sgx, IntelJson.Number(tcb, "pcesvn", ushort.MaxValue), isTdx ? ReadComponents(tcb, "tdxtcbcomponents") : null, IntelJson.Verdict(level));
    }

    private static byte[] ReadComponents(JsonFields tcb, string name) =>
        [.. IntelJson.Objects(tcb, Structure, name, Components, Components).Select(entry => (byte)IntelJson.Number(entry, "svn", byte.MaxValue))];
}

/// <summary>The least versions of one level, and what is said of it.</summary>
/// <param name="Sgx">Sixteen component versions.</param>
/// <param name="PceSvn">Version of the provisioning certification enclave.</param>
/// <param name="Tdx">Sixteen component versions; null for SGX.</param>
/// <param name="Verdict">What is said of it.</param>
public sealed record TcbLevel(byte[] Sgx, int PceSvn, byte[]? Tdx, TcbVerdict Verdict)
{
    internal string Key => $"{Convert.ToHexStringLower(Sgx)}.{PceSvn}.{(Tdx is null ? "" : Convert.ToHexStringLower(Tdx))}";
}
