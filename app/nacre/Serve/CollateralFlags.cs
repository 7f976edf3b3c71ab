using System.CommandLine;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Amd;
using Nacre.Verifiers.Collateral.Hygon;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.Cli.Serve;

/// <summary>Where a server gets what Intel, AMD and Hygon publish about their processors.</summary>
internal sealed class CollateralFlags
{
    private const int MaxGraceDays = 365;

    private readonly Option<DirectoryInfo?> _folder = new("--collateral")
    {
        Description = "Folder with certificates of AMD and Hygon and sets of Intel's collateral; nothing is then asked for over the network.",
    };

    private readonly Option<string> _intel = new("--pccs")
    {
        Description = "Intel's certification service, or a PCCS of your own.",
        DefaultValueFactory = _ => DcapServiceOptions.IntelService.ToString(),
    };

    private readonly Option<string> _amd = new("--kds")
    {
        Description = "AMD's key distribution service, or one that answers like it.",
        DefaultValueFactory = _ => AmdKeyDistribution.DefaultService.ToString(),
    };

    private readonly Option<string> _hygon = new("--hygon-service")
    {
        Description = "Hygon's certificate service, or one that answers like it.",
        DefaultValueFactory = _ => HygonKeyDistribution.DefaultService.ToString(),
    };

    private readonly Option<string> _update = new("--tcb-update")
    {
        Description = "early takes Intel's newest evaluation at once; standard gives platforms time to follow.",
        DefaultValueFactory = _ => "early",
    };

    private readonly Option<DirectoryInfo?> _cache = new("--collateral-cache")
    {
        Description = "Folder for the answers of all of them, which several servers may share (DIR/collateral).",
    };

    private readonly Option<int> _grace = new("--collateral-grace")
    {
        Description = "Days that collateral is taken after its end while there is no newer; collateral_expiration_status then says 1.",
    };

    private CollateralFlags() => _update.AcceptOnlyFromAmong("early", "standard");

    public static CollateralFlags AddTo(Command command)
    {
        var flags = new CollateralFlags();
        foreach (var option in (Option[])[flags._folder, flags._intel, flags._amd, flags._hygon, flags._update, flags._cache, flags._grace])
            command.Options.Add(option);
        return flags;
    }

    /// <param name="line">As given.</param>
    /// <param name="dataDirectory">Of the server.</param>
    public CollateralOptions Read(ParseResult line, string dataDirectory)
    {
        var folder = line.GetValue(_folder);
        if (folder is { Exists: false })
            throw new CommandException($"there is no folder {folder}", "--collateral names a folder that holds collateral");
        if (line.GetValue(_grace) is < 0 or > MaxGraceDays)
            throw new CommandException($"--collateral-grace must be 0 to {MaxGraceDays} days");

        return new()
        {
            Folder = folder?.FullName,
            CacheFolder = line.GetValue(_cache)?.FullName ?? Path.Combine(dataDirectory, "collateral"),
            Grace = TimeSpan.FromDays(line.GetValue(_grace)),
            Intel = new() { Service = Address(line.GetValue(_intel)!, "--pccs"), UpdateEarly = line.GetValue(_update) == "early" },
            Amd = Address(line.GetValue(_amd)!, "--kds"),
            Hygon = Address(line.GetValue(_hygon)!, "--hygon-service"),
        };
    }

    // What is answered is signed; without TLS a network could still keep a newer list from us.
    private static Uri Address(string text, string option) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == "https" || url.Scheme == "http" && url.IsLoopback) ? url
            : throw new CommandException(
                $"'{text}' is no address for {option}", "it looks like https://pccs.example:8081; http is for this machine only");
}
