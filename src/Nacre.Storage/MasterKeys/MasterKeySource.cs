using Nacre.Storage.Encryption;

namespace Nacre.Storage.MasterKeys;

/// <summary>One place where master keys are kept.</summary>
/// <param name="Scheme">What its addresses begin with, before a colon.</param>
/// <param name="Form">What an address looks like, for a person who made a mistake.</param>
/// <param name="OpenAsync">Takes the part after the colon. Throws <see cref="StoreException"/> for an address that it does not understand.</param>
public sealed record MasterKeySource(
    string Scheme, string Form, Func<string, MasterKeySurroundings, CancellationToken, ValueTask<IMasterKey>> OpenAsync);

/// <summary>What a source may look at besides its address; secrets come from here and never from the address.</summary>
/// <param name="Variable">Reads an environment variable; null when it is not set or empty.</param>
/// <param name="Clock">Measures how long to wait, and dates signed requests.</param>
public sealed record MasterKeySurroundings(Func<string, string?> Variable, TimeProvider Clock);
