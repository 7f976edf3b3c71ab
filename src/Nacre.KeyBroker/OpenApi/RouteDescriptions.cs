namespace Nacre.KeyBroker.OpenApi;

/// <summary>One entry for each route; a test fails when the table has a route that is not here, or the other way round.</summary>
internal static class RouteDescriptions
{
    public static IReadOnlyList<RouteDescription> All { get; } =
    [
        new("POST kbs/v0/auth", "Begins a handshake: a challenge, and the session cookie.")
        {
            Request = "AuthRequest", Reply = "Challenge", Problems = [401],
        },
        new("POST kbs/v0/attest", "Evidence for the challenge; a token, and the cookie of an attested session.")
        {
            Request = "AttestRequest", Reply = "AttestationToken", Problems = [401],
        },
        new("GET kbs/v0/resource/{**path}", "A secret, encrypted to the guest's key, when the release policy allows it.")
        {
            Reply = "Jwe", Problems = [404],
        },
        new("POST kbs/v0/resource/{**path}", "Stores a secret.") { TakesBytes = true, Problems = [405, 412] },
        new("DELETE kbs/v0/resource/{**path}", "Deletes a secret.") { Problems = [404, 405, 412] },
        new("GET kbs/v0/admin/resources", "Names of secrets; below the path of a token that is limited to one.") { Reply = "Resources" },
        new("GET kbs/v0/admin/resource-history/{**path}", "Versions of a secret.") { Reply = "ResourceHistory", Problems = [404] },
        new("POST kbs/v0/admin/resource-rollback/{**path}", "A former version of a secret becomes the newest.")
        {
            Request = "PolicyRollback", Problems = [404, 412],
        },
        new("POST kbs/v0/attestation-policy", "Sets an attestation policy, as upstream's clients do.") { Request = "AttestationPolicyUpload" },
        new("POST kbs/v0/resource-policy", "Sets the release policy for all paths, as upstream's clients do.") { Request = "PolicyUpload" },
        new("GET kbs/v0/resource-policy", "Ids of release policies.") { Reply = "PolicyIds" },
        new("GET kbs/v0/admin/policies", "All policies, without their text.") { Reply = "Policies" },
        new("GET kbs/v0/admin/policies/{kind}/{**id}", "A policy with its text.") { Reply = "Policy", Problems = [404] },
        new("POST kbs/v0/admin/policies/{kind}/{**id}", "Sets a policy; becomes its newest version.")
        {
            Request = "PolicyUpload", Reply = "PolicyChanged", Problems = [404],
        },
        new("DELETE kbs/v0/admin/policies/{kind}/{**id}", "Deletes a policy; its versions stay.") { Problems = [404, 409] },
        new("GET kbs/v0/admin/policy-history/{kind}/{**id}", "Versions of a policy.")
        {
            Reply = "PolicyHistory", Problems = [404], Query = [("version", "Number of the one that is wanted, with its text.")],
        },
        new("POST kbs/v0/admin/policy-rollback/{kind}/{**id}", "Sets the text of an earlier version again.")
        {
            Request = "PolicyRollback", Reply = "PolicyChanged", Problems = [404, 409],
        },
        new("POST kbs/v0/admin/policy-dry-run/{kind}/{**id}", "What a text would decide otherwise, of what was recorded.")
        {
            Request = "PolicyUpload", Reply = "PolicyDryRun", Problems = [404],
        },
        new("GET kbs/v0/admin/proposals", "Changes of policies that wait for approval, and former ones.") { Reply = "Proposals" },
        new("GET kbs/v0/admin/proposals/{id}", "One of them, with the text.") { Reply = "Proposal", Problems = [404] },
        new("POST kbs/v0/admin/proposals/{id}/approve", "Approves it; with the last approval that is needed it takes effect.")
        {
            Reply = "Proposal", Problems = [404, 409],
        },
        new("POST kbs/v0/admin/proposals/{id}/reject", "Rejects it.") { Reply = "Proposal", Problems = [404, 409] },
        new("POST kbs/v0/reference-value", "Registers reference values, all or none.") { Request = "ReferenceValueMessage" },
        new("GET kbs/v0/reference-value/{**id}", "A reference value alone, as upstream's clients ask for it.")
        {
            Reply = "ReferenceValueContent", Problems = [404],
        },
        new("GET kbs/v0/admin/reference-values", "All reference values.") { Reply = "ReferenceValues" },
        new("GET kbs/v0/admin/reference-values/{**name}", "A reference value with its end.") { Reply = "ReferenceValue", Problems = [404] },
        new("DELETE kbs/v0/admin/reference-values/{**name}", "Deletes a reference value; its history stays.") { Problems = [404] },
        new("GET kbs/v0/admin/reference-history/{**name}", "What happened to a name.") { Reply = "ReferenceHistory", Problems = [404] },
        new("POST kbs/v0/admin/reference-activation", "Staged values count from now on, all or none.")
        {
            Request = "ReferenceActivation", Problems = [409],
        },
        new("POST kbs/v0/admin/reference-revocation", "Values count no more, all or none, and do not come back.")
        {
            Request = "ReferenceRevocation", Problems = [409],
        },
        new("GET .well-known/jwks.json", "The keys of attestation tokens.") { Reply = "KeySet" },
        new("GET .well-known/openid-configuration", "The server as an issuer of tokens.") { Reply = "Discovery" },
        new("GET kbs/v0/admin/token-keys", "The keys of attestation tokens and their use.") { Reply = "TokenKeys" },
        new("POST kbs/v0/admin/token-keys", "The next key signs from now on.") { Reply = "TokenKeys", Problems = [409] },
        new("DELETE kbs/v0/admin/token-keys/{kid}", "What this key signed is no longer believed.") { Problems = [409] },
        new("GET kbs/v0/admin/attempts", "Attempts that did not end well, in short.") { Reply = "Attempts" },
        new("GET kbs/v0/admin/attempts/{id}", "The whole story of one.") { Reply = "Attempt", Problems = [404] },
        new("POST kbs/v0/admin/tokens", "A token for another administrator.") { Request = "AdminTokenRequest", Reply = "AdminToken" },
        new("GET kbs/v0/admin/audit", "The newest lines of the audit record.")
        {
            Reply = "AuditLines",
            Query = [("since", "A time as RFC 3339 writes it."), ("reference", "Only lines with this id.")],
        },
        new("GET kbs/v0/admin/audit/heads", "Where each audit chain had come.") { Reply = "AuditHeads" },
        new("GET kbs/v0/admin/tenants", "All tenants.") { Reply = "Tenants" },
        new("POST kbs/v0/admin/tenants/{tenant}", "Makes a tenant.") { Reply = "Tenant", Problems = [409] },
        new("DELETE kbs/v0/admin/tenants/{tenant}", "Deletes a tenant with all that is its own.")
        {
            Problems = [404, 409], Query = [("force", "true, or nothing is deleted.")],
        },
        new("POST kbs/v0/admin/tenants/{tenant}/tokens", "A token for an administrator of the tenant.")
        {
            Request = "AdminTokenRequest", Reply = "AdminToken", Problems = [404],
        },
        new("GET healthz", "The process serves."),
        new("GET readyz", "Its parts work, each by name; 503 when a vital one does not.") { Reply = "Health", UnavailableReply = "Health" },
        new("GET kbs/v0/openapi.json", "This document.") { Reply = "OpenApi" },
    ];
}
