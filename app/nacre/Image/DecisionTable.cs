using System.Text;
using Nacre.Images.Policy;
using Nacre.Images.Transports;

namespace Nacre.Cli.Image;

/// <summary>A decision about an image for people: each requirement, and below it each signature that was tried.</summary>
internal static class DecisionTable
{
    public static string Write(PolicyDecision decision, ImageLocation location, string digest)
    {
        var text = new StringBuilder();
        Line(text, decision.Accepted ? "accepted" : "refused", location.ToString());
        Line(text, "digest", digest);
        Line(text, "scope", decision.Scope);
        foreach (var item in decision.Requirements)
        {
            text.AppendLine();
            text.AppendLine($"{Mark(item.Holds)} {item.Requirement}");
            Line(text, "  expected", item.Expected);
            Line(text, "  found", item.Found);
            foreach (var one in item.Signatures)
                Signature(text, one);
        }

        return text.ToString().TrimEnd();
    }

    private static void Signature(StringBuilder text, SignatureAttempt one)
    {
        text.AppendLine($"  {Mark(one.Problem is null)} {Shown(one.Where)}");
        Line(text, "    signer", one.Signer);
        if (one.SignedName is not null)
            Line(text, "    signs", one.SignedName);
        Line(text, "    verdict", one.Problem ?? "good");
        foreach (var note in one.Notes)
            Line(text, "    note", note);
    }

    private static string Mark(bool good) => good ? "✓" : "✗";

    private static void Line(StringBuilder text, string name, string value) => text.AppendLine($"{name,-12}{Shown(value)}");

    // Names and reasons come from whoever may push: nothing of theirs may steer the terminal.
    private static string Shown(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\ufffd' : c));
}
