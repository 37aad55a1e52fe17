using PhantomDb.Catalog;

namespace PhantomDb.Storage;

/// <summary>Where sequences write down how far their values have been, or may have been, given.</summary>
internal interface ISequenceLog
{
    /// <summary>Returns when that is as durable as promised; throws where it is not.</summary>
    void Write(SequenceDefinition definition, long last, bool isCalled);
}
