# The dashboard in a container: for Docker, a Hugging Face Space and a devcontainer (docs/deploy.md).
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 unrolled && install -d -o unrolled -g unrolled /data
ENV PATH=/opt/unrolled/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1
ENV UNROLLED_RUNS=/data/runs UNROLLED_STATE=/data/state UNROLLED_DATA=/data/data
WORKDIR /src
# The packages first: they change less often than the project.
COPY requirements.txt ./
COPY deploy/get_torch.py deploy/
RUN python3 -m venv /opt/unrolled && python deploy/get_torch.py
RUN grep -v '^-e' requirements.txt > pins.txt && pip install --no-cache-dir --disable-pip-version-check -r pins.txt
COPY . .
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps . && rm -rf /src/*
USER unrolled
WORKDIR /home/unrolled
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/_stcore/health', timeout=5)"
CMD ["unrolled", "--host", "0.0.0.0", "--port", "7860", "--no-browser"]
