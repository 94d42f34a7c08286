"""A fitted pipeline as transformers that stay as they are, and a model."""

from sklearn.pipeline import Pipeline


def split_pipeline(model):
    """The steps before the last model, and that model.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or any other model.

    Returns
    -------
    transformers : list of Pipeline
        To be applied one after the other; more than one where the last step of a
        pipeline is a pipeline.
    model : estimator
    """
    transformers = []
    while isinstance(model, Pipeline):
        if len(model) > 1:
            transformers.append(model[:-1])
        model = model[-1]
    return transformers, model


def transformed(transformers, X):
    """Rows of X as the model sees them."""
    for transformer in transformers:
        X = transformer.transform(X)
    return X
