# The base is pinned by tag: its digest was not known where this was written.
FROM python:3.11-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
WORKDIR /opt/chitieu
COPY requirements/run.txt requirements/run.txt
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/run.txt
# Editable, so that the app finds migrations/ and seed/ beside itself as in a checkout.
COPY pyproject.toml README.md ./
COPY app/__init__.py app/__init__.py
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e .

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CHITIEU_DATABASE_URL=sqlite:////data/chitieu.db
RUN groupadd --gid 10001 chitieu \
 && useradd --uid 10001 --gid chitieu --no-create-home --shell /usr/sbin/nologin chitieu \
 && install --directory --owner=chitieu --group=chitieu --mode=0700 /data
WORKDIR /opt/chitieu
# What the app keeps beside its database, its secret key among it, outlives the container.
RUN ln -s /data var
COPY --from=builder /opt/venv /opt/venv
COPY pyproject.toml README.md ./
COPY app app
COPY migrations migrations
COPY seed seed
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# Bringing the schema and the catalogue up to date is safe at every start.
CMD ["sh", "-c", "chitieu migrate && chitieu seed && exec chitieu serve --host 0.0.0.0"]
