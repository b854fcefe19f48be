# The command, its packages, and a project with the sample:
#
#   docker build --tag segmart .
#   docker run --rm --volume "$PWD/published:/home/segmart/project/published" segmart
#   docker run --rm --volume "$PWD/my_data:/data" --volume "$PWD/published:/home/segmart/project/published" segmart build /data
#
# The folders that it writes to have to belong to user 1000.

FROM python:3.11-slim AS packages
WORKDIR /source
COPY requirements.txt ./
RUN python -m venv /opt/segmart \
    && /opt/segmart/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY . .
RUN /opt/segmart/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

# For the dev container: the full image has make and git, the checkout is mounted, and Chromium opens the report in tests.
FROM python:3.11 AS dev
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 --shell /bin/bash segmart
USER segmart

FROM python:3.11-slim AS segmart
RUN useradd --create-home --uid 1000 segmart
COPY --from=packages /opt/segmart /opt/segmart
ENV PATH=/opt/segmart/bin:$PATH
USER segmart
RUN segmart init /home/segmart/project && mkdir /home/segmart/project/published
WORKDIR /home/segmart/project
ENTRYPOINT ["segmart"]
CMD ["build"]
