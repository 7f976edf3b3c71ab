using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Doctor;

/// <summary>What anyone may ask a server: its time, its version, and how its parts are.</summary>
internal static class ServerChecks
{
    private static readonly TimeSpan s_warnDifference = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_failDifference = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> s_remedies = new()
    {
        ["store"] = "is the database up and the disk not full? the server's log says more",
        ["audit"] = "free space where the audit record is; nothing is released until it can be written",
        ["token-keys"] = "nacre token keys; is this the right store?",
        ["clock"] = "set the server's clock (NTP); tokens and collateral are judged by it",
        ["clock-of-others"] = "set the clocks of all servers on this store (NTP)",
        ["collateral"] = "may the server reach the vendors' services? --pccs, --kds or --collateral name others",
    };

    public static async Task<DoctorFinding> ClockAsync(DoctorConnection server, CancellationToken cancel)
    {
        const string Name = "clock difference";
        var (_, date, _) = await server.GetAsync("/healthz", cancel);
        if (date is not { } theirs)
            return DoctorFinding.Warn(Name, "the server does not say its time", "is there a proxy that takes the Date header away?");

        // The header has whole seconds.
        var difference = theirs - server.Clock.GetUtcNow();
        var found = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(difference.TotalSeconds):0} s");
        const string Remedy = "set both clocks (NTP); sessions and tokens are judged by them";
        return difference.Duration() >= s_failDifference ? DoctorFinding.Fail(Name, found, Remedy)
            : difference.Duration() >= s_warnDifference ? DoctorFinding.Warn(Name, found, Remedy) : DoctorFinding.Ok(Name, found);
    }

    public static async Task<DoctorFinding> VersionAsync(DoctorConnection server, CancellationToken cancel)
    {
        const string Name = "version";
        var (_, _, document) = await server.GetAsync("/kbs/v0/openapi.json", cancel);
        if ((string?)document?["info"]?["x-nacre-version"] is not { } version)
            return DoctorFinding.Warn(Name, "the server does not say its version", "is it another key broker, or an older one?");
        return version == ProgramVersion.Text ? DoctorFinding.Ok(Name, version) : DoctorFinding.Warn(
            Name, $"{version}, this program is {ProgramVersion.Text}", "use the program of the server's version");
    }

    /// <summary>One finding for each part that <c>/readyz</c> names.</summary>
    public static async Task<IReadOnlyList<DoctorFinding>> ReadyAsync(DoctorConnection server, CancellationToken cancel)
    {
        const string Name = "ready";
        HttpStatusCode status;
        JsonObject? body;
        try
        {
            (status, _, body) = await server.GetAsync("/readyz", cancel);
        }
        catch (HttpRequestException e)
        {
            return [DoctorFinding.Fail(Name, (e.InnerException ?? e).Message, "is the server running, and does --cacert name its authority?")];
        }

        if (body?["parts"] is not JsonArray parts)
            return [DoctorFinding.Fail(Name, $"/readyz answers {(int)status} without parts", "is it another key broker, or an older one?")];

        var said = (string?)body["status"] ?? "";
        var whole = said == "ready" ? DoctorFinding.Ok(Name, said)
            : DoctorFinding.Fail(Name, said, said == "draining" ? "the server is about to stop" : "see the parts below");
        return [whole, .. parts.OfType<JsonObject>().Select(Part)];
    }

    private static DoctorFinding Part(JsonObject part)
    {
        var name = (string?)part["name"] ?? "";
        var status = (string?)part["status"] switch { "ok" => DoctorStatus.Ok, "warn" => DoctorStatus.Warn, _ => DoctorStatus.Fail };
        var took = string.Create(CultureInfo.InvariantCulture, $"{(double?)part["milliseconds"] ?? 0:0.0} ms");
        return new DoctorFinding(
            $"ready: {name}", status, (string?)part["trouble"] ?? took,
            status == DoctorStatus.Ok ? "" : s_remedies.GetValueOrDefault(name, "see the server's log"));
    }
}
