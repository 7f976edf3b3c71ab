using System.Text.Json.Nodes;
using Nacre.Images.Oci;

namespace Nacre.Images.Policy.Notation;

/// <summary>What is checked of a signature, in this order.</summary>
internal enum NotationValidation
{
    Integrity,
    Authenticity,
    Expiry,
    AuthenticTimestamp,
    Revocation,
}

/// <summary>What a failed check does.</summary>
internal enum NotationAction
{
    /// <summary>The signature is no good.</summary>
    Enforce,

    /// <summary>It is reported.</summary>
    Log,

    /// <summary>It is not made.</summary>
    Skip,
}

/// <summary><c>signatureVerification</c> of a trust policy: one of four levels, and what it changes in it.</summary>
internal sealed class NotationLevel
{
    private static readonly (string Name, NotationValidation Validation)[] s_overridable =
    [
        ("authenticity", NotationValidation.Authenticity), ("authenticTimestamp", NotationValidation.AuthenticTimestamp),
        ("expiry", NotationValidation.Expiry), ("revocation", NotationValidation.Revocation),
    ];

    private readonly string _name;
    private readonly Dictionary<NotationValidation, NotationAction> _actions;

    private NotationLevel(string name, Dictionary<NotationValidation, NotationAction> actions, bool onlyExpired) =>
        (_name, _actions, TimestampOnlyWhenExpired) = (name, actions, onlyExpired);

    /// <summary>Level <c>skip</c>: every image is good, signed or not.</summary>
    public bool SkipsAll => _actions.Count == 0;

    /// <summary><c>verifyTimestamp</c>: time stamps are looked at only when a certificate has expired.</summary>
    public bool TimestampOnlyWhenExpired { get; }

    public NotationAction this[NotationValidation validation] => _actions[validation];

    public static NotationLevel Read(JsonObject json, string where)
    {
        NotationTrustPolicy.RequireKnown(json, ["level", "override", "verifyTimestamp"], where);
        var name = OciJson.Text(json, "level", where);
        var actions = name switch
        {
            "strict" => Actions(authenticity: NotationAction.Enforce, timestamp: NotationAction.Enforce, rest: NotationAction.Enforce),
            "permissive" => Actions(authenticity: NotationAction.Enforce, timestamp: NotationAction.Log, rest: NotationAction.Log),
            "audit" => Actions(authenticity: NotationAction.Log, timestamp: NotationAction.Log, rest: NotationAction.Log),
            "skip" => [],
            _ => throw NotationTrustPolicy.Invalid($"the level '{name}' is none of strict, permissive, audit, skip", where),
        };
        var onlyExpired = OciJson.FindText(json, "verifyTimestamp", where) switch
        {
            null or "always" => false,
            "afterCertExpiry" => true,
            var other => throw NotationTrustPolicy.Invalid($"'verifyTimestamp' is '{other}', must be always or afterCertExpiry", where),
        };
        foreach (var (key, _) in OciJson.FindObject(json, "override", where) is { } changes ? changes : [])
        {
            if (actions.Count == 0)
                throw NotationTrustPolicy.Invalid("level 'skip' cannot be overridden", where);
            var known = Array.Find(s_overridable, one => one.Name == key);
            actions[known.Name is null ? throw NotationTrustPolicy.Invalid($"'override' has '{key}', must be {Names()}", where) : known.Validation] =
                Action(OciJson.Text(json["override"]!.AsObject(), key, where), known.Validation, where);
        }

        return new(json["override"] is null ? name : $"{name}, overridden", actions, onlyExpired);
    }

    public override string ToString() => _name;

    private static Dictionary<NotationValidation, NotationAction> Actions(NotationAction authenticity, NotationAction timestamp, NotationAction rest) => new()
    {
        [NotationValidation.Integrity] = NotationAction.Enforce,
        [NotationValidation.Authenticity] = authenticity,
        [NotationValidation.AuthenticTimestamp] = timestamp,
        [NotationValidation.Expiry] = rest,
        [NotationValidation.Revocation] = rest,
    };

    private static NotationAction Action(string text, NotationValidation validation, string where) => text switch
    {
        "enforce" => NotationAction.Enforce,
        "log" => NotationAction.Log,
        "skip" when validation == NotationValidation.Revocation => NotationAction.Skip,
        _ => throw NotationTrustPolicy.Invalid(
            $"'override' has the action '{text}', must be enforce or log, or skip for revocation", where),
    };

    private static string Names() => string.Join(", ", s_overridable.Select(one => one.Name));
}
